package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/contracts/refusals"
)

type cancelOrder struct {
	raw
	caller
	ID     string        `arg:"" help:"The order's id."`
	Line   []string      `help:"Units of a line by its number; repeatable. By default everything that is left." placeholder:"NUMBER=QTY" sep:"none"`
	Reason string        `help:"Why: customer, fraud, unavailable or other." default:"customer" enum:"customer,fraud,unavailable,other"`
	Note   string        `help:"A text for people." placeholder:"TEXT"`
	Key    string        `help:"Idempotency key: the same key is the same cancellation. By default a new one." placeholder:"KEY"`
	Yes    bool          `help:"Do it without asking, for scripts."`
	Wait   time.Duration `help:"How long to wait for the outcome, at most 50s." default:"10s" placeholder:"DURATION"`
}

// Run is called by kong. It shows the effect and asks before it cancels.
func (c *cancelOrder) Run(a *addresses) error {
	wanted, err := unitsOfLines(c.Line)
	if err != nil {
		return usage{err}
	}
	s, err := a.session(c.caller)
	if err != nil {
		return err
	}
	ctx := context.Background()
	etag, err := c.confirm(ctx, s, wanted)
	if err != nil {
		return c.show(s, err, nil)
	}
	done, err := s.CancelOrder(ctx, c.ID, client.NewCancellation{
		Key: c.Key, ETag: etag, Wait: patience(c.Wait), Lines: wanted, Reason: c.Reason, Note: c.Note,
	})
	err = c.show(s, err, func() {
		fmt.Printf("Cancellation %s: %s. The order is %s.\n", done.ID, strings.ReplaceAll(done.Status, "_", " "), done.OrderStatus)
	})
	if err == nil && done.DoneAt.IsZero() {
		return answered{exitUnsettled}
	}
	return err
}

// confirm shows the effect of the cancellation and asks. The ETag is that of the order with this
// effect.
func (c *cancelOrder) confirm(ctx context.Context, s *session, wanted []client.LineUnits) (etag string, err error) {
	if c.Yes {
		return "*", nil
	}
	effect := "cancels the order, which is still being placed; nothing is charged"
	preview, err := s.PreviewCancellation(ctx, c.ID, wanted)
	var refused *client.Refused
	switch {
	case err == nil:
		effect, etag = preview.Effect, preview.ETag
	case errors.As(err, &refused) && refused.Reason == refusals.SagaInProgress && len(wanted) == 0:
		etag = "*" // the service refuses if it is another saga
	default:
		return "", err
	}
	return etag, ask(effect)
}

// ask says what a command will do and asks whether to do it; an error means no.
func ask(effect string) error {
	fmt.Fprintf(os.Stderr, "This %s.\nContinue? [y/N] ", effect)
	answer, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return errors.New("nothing was done; with --yes it does not ask")
	}
	return nil
}

// patience is how long the service waits, for the client: 0 would be the service's default.
func patience(wait time.Duration) time.Duration {
	if wait <= 0 {
		return -1
	}
	return wait
}

// unitsOfLines reads NUMBER=QTY.
func unitsOfLines(texts []string) ([]client.LineUnits, error) {
	var lines []client.LineUnits
	for _, text := range texts {
		number, quantity, _ := strings.Cut(text, "=")
		line, err := strconv.ParseInt(number, 10, 32)
		units, unitsErr := strconv.ParseInt(quantity, 10, 64)
		if err != nil || unitsErr != nil {
			return nil, fmt.Errorf("%q is not the number of a line and a quantity: 1=2", text)
		}
		lines = append(lines, client.LineUnits{Line: int32(line), Quantity: units})
	}
	return lines, nil
}
