package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/contracts/refusals"
)

type cancelOrder struct {
	request
	caller
	units
	Reason string `help:"Why: customer, fraud, unavailable or other." default:"customer" enum:"customer,fraud,unavailable,other"`
}

func (c *cancelOrder) Run(s *session) error {
	wanted, err := c.units.read()
	if err != nil {
		return err
	}
	ctx := context.Background()
	return c.send(s, func() (effect, etag string, err error) {
		preview, err := s.PreviewCancellation(ctx, c.ID, wanted)
		var refused *client.Refused
		switch {
		case err == nil:
			return preview.Effect, preview.ETag, nil
		case errors.As(err, &refused) && refused.Reason == refusals.SagaInProgress && len(wanted) == 0:
			// The service refuses if it is another saga.
			return "cancels the order, which is still being placed; nothing is charged", "*", nil
		}
		return "", "", err
	}, func(etag string) (outcome, error) {
		done, err := s.CancelOrder(ctx, c.ID, client.NewCancellation{
			Key: c.Key, ETag: etag, Wait: patience(c.Wait), Lines: wanted, Reason: c.Reason, Note: c.Note,
		})
		if err != nil {
			return outcome{}, err
		}
		text := fmt.Sprintf("Cancellation %s: %s. The order is %s.", done.ID, strings.ReplaceAll(done.Status, "_", " "), done.OrderStatus)
		return outcome{doneAt: done.DoneAt, text: text}, nil
	})
}
