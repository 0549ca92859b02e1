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
)

// request has the flags of what is asked of an order: a cancellation, a shipment or a refund.
type request struct {
	ofOrder
	Note string        `help:"A text for people." placeholder:"TEXT"`
	Key  string        `help:"Idempotency key: the same key is the same request. By default a new one." placeholder:"KEY"`
	Yes  bool          `help:"Do it without asking, for scripts."`
	Wait time.Duration `help:"How long to wait for the outcome, at most 50s." default:"10s" placeholder:"DURATION"`
}

// outcome is what became of a request.
type outcome struct {
	doneAt time.Time // zero while it is under way
	code   int       // of the command when it is done
	text   string
}

// send shows the effect of a request and asks, unless --yes is given, and sends it for the order as it
// was shown.
func (r *request) send(s *session, preview func() (effect, etag string, err error), send func(etag string) (outcome, error)) error {
	etag := "*"
	if !r.Yes {
		effect, seen, err := preview()
		if err != nil {
			return s.show(r.JSON, err, nil)
		}
		fmt.Fprintf(os.Stderr, "This %s.\n", effect)
		if err := ask(context.Background()); err != nil {
			return err
		}
		etag = seen
	}
	done, err := send(etag)
	err = s.show(r.JSON, err, func() { fmt.Println(done.text) })
	switch {
	case err != nil:
		return err
	case done.doneAt.IsZero():
		return answered{exitUnsettled}
	case done.code != 0:
		return answered{done.code}
	}
	return nil
}

// ask asks whether to do what was shown; an error means no, as does the end of ctx.
func ask(ctx context.Context) error {
	fmt.Fprint(os.Stderr, "Continue? [y/N] ")
	typed := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
		typed <- strings.ToLower(line)
	}()
	select {
	case answer := <-typed:
		if word := strings.TrimSpace(answer); word == "y" || word == "yes" {
			return nil
		}
		if !strings.HasSuffix(answer, "\n") {
			fmt.Fprintln(os.Stderr) // the end of the input, which is no line
		}
	case <-ctx.Done():
		fmt.Fprintln(os.Stderr)
	}
	return errors.New("nothing was done; with --yes it does not ask")
}

// patience is how long the service waits, for the client: 0 would be the service's default.
func patience(wait time.Duration) time.Duration {
	if wait <= 0 {
		return -1
	}
	return wait
}

// units are units of lines of an order, as flags.
type units struct {
	Line []string `help:"Units of a line by its number; repeatable. By default everything that is left." placeholder:"NUMBER=QTY" sep:"none"`
}

// read reads NUMBER=QTY.
func (u units) read() ([]client.LineUnits, error) {
	var lines []client.LineUnits
	for _, text := range u.Line {
		number, quantity, _ := strings.Cut(text, "=")
		line, err := strconv.ParseInt(number, 10, 32)
		count, countErr := strconv.ParseInt(quantity, 10, 64)
		if err != nil || countErr != nil {
			return nil, usage{fmt.Errorf("%q is not the number of a line and a quantity: 1=2", text)}
		}
		lines = append(lines, client.LineUnits{Line: int32(line), Quantity: count})
	}
	return lines, nil
}
