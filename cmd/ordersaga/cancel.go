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
	Stock  string `help:"What becomes of the units: restock makes them available again, write_off takes them off the stock (with --operator)." default:"restock" enum:"restock,write_off"`
	Fee    string `help:"What the shop keeps of the units' amount, in the order's currency: 5.00 (with --operator)." placeholder:"AMOUNT"`
	Reason string `help:"Why: customer, fraud, unavailable or other." default:"customer" enum:"customer,fraud,unavailable,other"`
}

func (c *cancelOrder) Run(s *session) error {
	ctx := context.Background()
	wanted, err := c.wanted(ctx, s)
	if err != nil {
		return s.show(c.JSON, err, nil)
	}
	return c.send(s, func() (effect, etag string, err error) {
		preview, err := s.PreviewCancellation(ctx, c.ID, wanted)
		var refused *client.Refused
		switch {
		case err == nil:
			return preview.Effect, preview.ETag, nil
		case errors.As(err, &refused) && refused.Reason == refusals.SagaInProgress && len(wanted.Lines) == 0 && wanted.Stock == "" && wanted.Fee == nil:
			// The service refuses if it is another saga.
			return "cancels the order, which is still being placed; nothing is charged", "*", nil
		}
		return "", "", err
	}, func(etag string) (outcome, error) {
		wanted.ETag = etag
		done, err := s.CancelOrder(ctx, c.ID, wanted)
		if err != nil {
			return outcome{}, err
		}
		text := fmt.Sprintf("Cancellation %s: %s%s. The order is %s.", done.ID, strings.ReplaceAll(done.Status, "_", " "), why(done.Why), done.OrderStatus)
		return outcome{doneAt: done.DoneAt, code: refusal(done.Why), text: text}, nil
	})
}

func (c *cancelOrder) wanted(ctx context.Context, s *session) (wanted client.NewCancellation, err error) {
	wanted = client.NewCancellation{Key: c.Key, Wait: patience(c.Wait), Reason: c.Reason, Note: c.Note}
	if wanted.Lines, err = c.units.read(); err != nil {
		return wanted, err
	}
	if c.Stock != "restock" {
		wanted.Stock = c.Stock
	}
	if c.Fee == "" {
		return wanted, nil
	}
	order, err := s.Order(ctx, c.ID)
	if err != nil {
		return wanted, err
	}
	fee, err := parseAmount(c.Fee, order.Total.Currency)
	wanted.Fee = &fee
	return wanted, err
}
