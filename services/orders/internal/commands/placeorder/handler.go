// Package placeorder takes an order: it is quoted, its saga is started, and the
// customer is told how it ended, or that it is on its way.
//
// The order's id follows from customer and idempotency key, so a repeated
// request meets its order. Three places know of it, each earlier than the next:
// the saga's run, the order's stream, the settled stream. The stream is the
// truth and answers alone once it is there; the run is asked only before.
package placeorder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/lifecycle"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/quotes"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// Reasons of refusals that only this use case has.
const (
	// PriceChanged: the total is not the one the customer expects. Details: PriceChangedDetails.
	PriceChanged = "price_changed"
	// NotRecorded: the saga's run was ended from outside before it recorded the
	// order, and its id cannot be used again.
	NotRecorded = "order_not_recorded"
)

// PriceChangedDetails has the total that would be charged now.
type PriceChangedDetails struct {
	Total domain.Money `json:"total"`
}

// Answer is an order as its request left it.
type Answer struct {
	// Order is in its stream, or, with version 0, as it was quoted: its saga has
	// been started and has not recorded it yet.
	Order *domain.Order
	// Replayed tells that an earlier request placed the order.
	Replayed bool
}

type handler struct {
	orders  *store.Orders
	catalog *quotes.Catalog
	runs    *runs.Runs
}

// placing is one request on its way.
type placing struct {
	Request
	orderID string
	hash    string
	// wait ends when the customer is to be answered, whatever the answer is.
	wait context.Context
	// quoted starts the saga; nil until the request was quoted.
	quoted *sagas.PlaceOrderInput
}

// Handle places the order or finds it placed. Refused with the reasons of
// quotes.Quote, PriceChanged, NotRecorded, refusals.RequestMismatch and
// refusals.SagaInProgress. With an error that is unavailable the order is not
// known to be taken; to send the same again is safe.
func (h *handler) Handle(ctx context.Context, request Request) (Answer, error) {
	hash, err := request.hash()
	if err != nil {
		return Answer{}, err
	}
	p := &placing{Request: request, orderID: request.orderID(), hash: hash}
	ctx = telemetry.With(ctx, slog.String("order_id", p.orderID))
	var cancel context.CancelFunc
	p.wait, cancel = waiting(ctx, request.Wait)
	defer cancel()

	order, err := h.orders.Load(ctx, p.orderID)
	if err != nil {
		return Answer{}, err
	}
	if known(order) {
		return h.answerFrom(ctx, p, order)
	}
	if p.quoted, err = h.quote(ctx, p); err != nil {
		return Answer{}, err
	}
	if p.wait.Err() == nil {
		err = h.runs.StartAndWait(p.wait, *p.quoted)
		return h.conclude(ctx, p, err)
	}
	// No time to wait, or none left.
	if err = h.runs.Start(ctx, *p.quoted); err == nil {
		return p.onItsWay()
	}
	return h.conclude(ctx, p, err)
}

// waiting bounds how long the customer waits. A server that is told to stop ends
// all waits: who waits is told that the order is on its way.
func waiting(ctx context.Context, wait time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	if draining := lifecycle.Draining(ctx); draining != nil {
		go func() {
			select {
			case <-draining:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	return ctx, cancel
}

// known tells whether the stream can answer for the order. An order that is only
// marked as stuck cannot: it has not come as far as its stream yet.
func known(order *domain.Order) bool { return order.Status() != domain.StatusNone }

// quote prices the request and makes the saga's input of it.
func (h *handler) quote(ctx context.Context, p *placing) (*sagas.PlaceOrderInput, error) {
	quote, err := h.catalog.Quote(ctx, p.Currency, p.Lines)
	if err != nil {
		return nil, err
	}
	if p.ExpectedTotal != nil && *p.ExpectedTotal != quote.Total {
		return nil, refusal.New(PriceChanged, "the total is not the expected one any more", PriceChangedDetails{Total: quote.Total})
	}
	in := &sagas.PlaceOrderInput{
		OrderID:       p.orderID,
		CustomerID:    p.CustomerID,
		RequestHash:   p.hash,
		Total:         quote.Total.Amount,
		Currency:      quote.Total.Currency,
		PaymentMethod: p.PaymentMethod,
		// What the stream can keep, so that it compares equal to what comes back.
		PlacedAt: time.Now().UTC().Truncate(time.Microsecond),
	}
	for _, line := range quote.Lines {
		in.Lines = append(in.Lines, sagas.Line(line))
	}
	for _, adjustment := range quote.Adjustments {
		in.Adjustments = append(in.Adjustments, sagas.Adjustment(adjustment))
	}
	return in, nil
}

// conclude answers after the saga was waited for, or could not be started; err is
// what that ended with.
func (h *handler) conclude(ctx context.Context, p *placing, err error) (Answer, error) {
	refused, _ := refusal.As(err)
	if refused != nil && refused.Reason == refusals.RequestMismatch {
		return Answer{}, refused
	}
	// The customer may have hung up or the wait be over: the order is looked for
	// all the same, for the next time it is asked for.
	order, loadErr := h.orders.Load(ctx, p.orderID)
	switch {
	case loadErr != nil:
		return Answer{}, loadErr
	case known(order):
		return h.answerFrom(ctx, p, order)
	case refused != nil:
		return Answer{}, refused
	case err == nil:
		err = errors.New("the saga has an outcome, its order has none")
	}
	return h.lookForRun(ctx, p, err)
}

// lookForRun answers when neither the saga nor the stream has: the start may have
// failed, or its answer got lost, or the run has not come to its first step.
func (h *handler) lookForRun(ctx context.Context, p *placing, cause error) (Answer, error) {
	run, err := h.runs.Find(ctx, p.orderID)
	switch {
	case err != nil:
		return Answer{}, notTaken(errors.Join(cause, err))
	case run == nil:
		return Answer{}, notTaken(cause)
	case run.RequestHash != "" && run.RequestHash != p.hash:
		return Answer{}, mismatch()
	case run.Open:
		return p.onItsWay()
	}
	// It has closed. If it did so just now, its order is in the stream.
	order, err := h.orders.Load(ctx, p.orderID)
	if err != nil {
		return Answer{}, err
	}
	if known(order) {
		return h.answerFrom(ctx, p, order)
	}
	return Answer{}, refusal.New(NotRecorded,
		"the order's workflow was ended before it recorded the order; send the request with another idempotency key", nil)
}

// answerFrom answers from the stream, when it is the request's. An order that is
// not settled is waited for.
func (h *handler) answerFrom(ctx context.Context, p *placing, order *domain.Order) (Answer, error) {
	if order.Placed() && order.RequestHash() != p.hash {
		return Answer{}, mismatch()
	}
	if !order.Status().Settled() && p.wait.Err() == nil {
		if err := h.runs.Await(p.wait, p.orderID); err != nil && p.wait.Err() == nil {
			// The order is taken, whether its run can be waited for or not.
			slog.WarnContext(ctx, "order answered before its outcome is known", "error", err)
		}
		var err error
		if order, err = h.orders.Load(ctx, p.orderID); err != nil {
			return Answer{}, err
		}
	}
	replayed := p.quoted == nil || !order.PlacedAt().Equal(p.quoted.PlacedAt)
	return Answer{Order: order, Replayed: replayed}, nil
}

// onItsWay answers with the order as it was quoted.
func (p *placing) onItsWay() (Answer, error) {
	order := domain.Fold(p.orderID, nil)
	placement := domain.Placement{
		CustomerID: p.CustomerID, RequestHash: p.hash,
		Total: domain.Money{Amount: p.quoted.Total, Currency: p.quoted.Currency},
	}
	for _, line := range p.quoted.Lines {
		placement.Lines = append(placement.Lines, domain.Line(line))
	}
	for _, adjustment := range p.quoted.Adjustments {
		placement.Adjustments = append(placement.Adjustments, domain.Adjustment(adjustment))
	}
	if err := order.Place(placement, p.quoted.PlacedAt); err != nil {
		return Answer{}, err
	}
	return Answer{Order: order}, nil
}

func mismatch() error {
	return refusal.New(refusals.RequestMismatch, "the idempotency key was used with another request", nil)
}

// notTaken says that the order is not known to be taken.
func notTaken(cause error) error {
	return fmt.Errorf("%w: %w", rpc.Unavailable("The order is not known to be taken. Send the same request with the same Idempotency-Key again."), cause)
}
