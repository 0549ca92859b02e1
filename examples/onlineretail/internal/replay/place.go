package replay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/api"
	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/invoices"
)

// order as the service shows it.
type order struct {
	ID       string    `json:"id"`
	Status   string    `json:"status"`
	Total    Money     `json:"total"`
	PlacedAt time.Time `json:"placed_at"`
	Reason   *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"reason"`
	Lines []struct {
		Number    int32  `json:"number"`
		SKU       string `json:"sku"`
		Quantity  int64  `json:"quantity"`
		Shipped   int64  `json:"shipped"`
		Cancelled int64  `json:"cancelled"`
	} `json:"lines"`
	Shipments []request `json:"shipments"`
	// Due is the total less what was cancelled.
	Due      Money `json:"due"`
	Captured Money `json:"captured"`
	Refunded Money `json:"refunded"`
}

// Place orders an invoice and waits until the order is settled.
func (s *Shop) Place(ctx context.Context, invoice invoices.Invoice) Outcome {
	ctx, cancel := s.patiently(ctx)
	defer cancel()
	began := time.Now()
	outcome := s.place(ctx, invoice)
	outcome.Invoice, outcome.Took = invoice, time.Since(began)
	return outcome
}

func (s *Shop) place(ctx context.Context, invoice invoices.Invoice) Outcome {
	shopper := api.Caller{Subject: invoice.Shopper}
	answer, err := s.Client.Do(ctx, api.Request{
		Method: http.MethodPost, URL: s.Orders + "/v1/orders", As: shopper,
		Key: s.key(invoice.Number), Prefer: "wait=30",
		Body: map[string]any{"currency": invoices.Currency, "lines": invoice.Lines, "payment_method": s.Card},
	})
	if err != nil {
		return failed(ctx, NoAnswer, err)
	}
	switch answer.Status {
	case http.StatusCreated, http.StatusAccepted:
		return s.taken(ctx, shopper, answer)
	default:
		return s.refused(ctx, shopper, answer, invoice)
	}
}

// taken is an order that is confirmed or on its way.
func (s *Shop) taken(ctx context.Context, shopper api.Caller, answer *api.Answer) Outcome {
	var placed order
	if err := answer.Decode(&placed); err != nil {
		return failed(ctx, NoAnswer, err)
	}
	if answer.Status == http.StatusAccepted {
		settled, err := s.settled(ctx, shopper, answer.Header.Get("Location"))
		if err != nil {
			return failed(ctx, NotSettled, err)
		}
		placed = settled
	}
	outcome := placed.outcome()
	outcome.Replayed = answer.Replayed() && s.earlier(answer, placed)
	return outcome
}

// refused is an order that was rejected or cancelled, or that never became one. One that an earlier
// run cancelled because of a cancellation invoice had been confirmed.
func (s *Shop) refused(ctx context.Context, shopper api.Caller, answer *api.Answer, invoice invoices.Invoice) Outcome {
	if answer.Status < http.StatusBadRequest {
		return failed(ctx, NoAnswer, fmt.Errorf("status %d does not tell the outcome of the order", answer.Status))
	}
	problem := answer.Problem()
	outcome := Outcome{Status: Rejected, Reason: problem.Slug(), Detail: problem.Error()}
	if answer.Replayed() && problem.Order != "" {
		rejected, err := s.settled(ctx, shopper, problem.Order)
		if err != nil {
			return failed(ctx, NotSettled, err)
		}
		if rejected.Status == "cancelled" && len(invoice.Cancellations) > 0 {
			rejected.Status = "confirmed"
			outcome = rejected.outcome()
		}
		outcome.Replayed = s.earlier(answer, rejected)
	}
	return outcome
}

// earlier reports whether a replayed order was placed by an earlier run. When this run sent the
// request more than once, it may have placed the order itself.
func (s *Shop) earlier(answer *api.Answer, replayed order) bool {
	return answer.Attempts == 1 || replayed.PlacedAt.Before(s.Began)
}

// Pauses between two reads of an order that is on its way.
const (
	firstLook = 100 * time.Millisecond
	lastLook  = 2 * time.Second
)

// settled reads an order until it is settled.
func (s *Shop) settled(ctx context.Context, shopper api.Caller, location string) (order, error) {
	where, err := url.JoinPath(s.Orders, location)
	if err != nil || location == "" {
		return order{}, fmt.Errorf("the order's location %q: %w", location, errors.Join(err, errors.New("no address")))
	}
	for pause := firstLook; ; pause = min(2*pause, lastLook) {
		answer, err := s.Client.Do(ctx, api.Request{Method: http.MethodGet, URL: where, As: shopper})
		if err != nil {
			return order{}, err
		}
		var seen order
		// An accepted order may not be recorded yet: 404.
		if answer.Status != http.StatusNotFound {
			if err := answer.Decode(&seen); err != nil {
				return order{}, fmt.Errorf("look at %s: %w", where, err)
			}
		}
		switch seen.Status {
		case "confirmed", "rejected", "cancelled":
			return seen, nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return order{}, fmt.Errorf("%s is still %q: %w", where, seen.Status, context.Cause(ctx))
		}
	}
}

func (o order) outcome() Outcome {
	if o.Status == "confirmed" {
		return Outcome{Status: Confirmed, Total: o.Total, Order: "/v1/orders/" + o.ID}
	}
	outcome := Outcome{Status: Rejected, Reason: o.Status, Detail: "order " + o.ID}
	if o.Reason != nil {
		// With dashes, as in problems.
		outcome.Reason = strings.ReplaceAll(o.Reason.Code, "_", "-")
		outcome.Detail += ": " + o.Reason.Message
	}
	return outcome
}

func failed(ctx context.Context, reason string, err error) Outcome {
	if errors.Is(ctx.Err(), context.Canceled) {
		reason = Interrupted
	}
	return Outcome{Status: Failed, Reason: reason, Detail: err.Error()}
}
