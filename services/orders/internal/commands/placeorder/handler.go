// Package placeorder places an order: it gets a quote, records the order, starts its saga, and
// answers with the outcome, or that the order is on its way.
//
// The order's id derives from customer and idempotency key, so a repeated request finds its order.
// An accepted order is recorded in its stream before its workflow is started: from then on every
// answer for the key comes from the stream and not from a new quote. When the start fails, a
// repeated request starts it later; without one the sweep ends the order as interrupted.
package placeorder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/unavailable"
	"github.com/ordersaga/ordersaga/services/orders/internal/contract"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/opensagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/personal"
	"github.com/ordersaga/ordersaga/services/orders/internal/quotes"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/waiting"
)

// PriceChanged is the reason of a refusal of this use case only: the total is not the expected one.
// Details: PriceChangedDetails.
const PriceChanged = "price_changed"

// PriceChangedDetails has the total that would be charged now.
type PriceChangedDetails struct {
	Total domain.Money `json:"total"`
}

// Result is the order after the request.
type Result struct {
	Order    *domain.Order
	Personal personal.Data
	// Replayed means that an earlier request placed the order.
	Replayed bool
}

const (
	// startTimeout bounds the start of a workflow without waiting for its outcome.
	startTimeout = 10 * time.Second
	// lateStartTimeout bounds it after the customer has waited.
	lateStartTimeout = 5 * time.Second
	// The Retry-After of the limits, in seconds.
	openOrdersRetry, declinesRetry = 5, 600
)

// New makes the use case.
func New(n Needs) cqrs.Handler[Command, Result] {
	return cqrs.Command("place_order", (&handler{n}).Handle)
}

// Needs are the dependencies of placing.
type Needs struct {
	Orders  *store.Orders
	Numbers *store.Numbers
	Keys    *personal.Keys
	Catalog *quotes.Catalog
	Runs    *runs.Runs
	Sagas   *opensagas.Sagas
	Limits  Limits
}

// Limits of one customer, over all instances of the service. 0 is no limit. The counts follow the
// log with a delay, so concurrent requests can exceed a limit by their number.
type Limits struct {
	OpenOrders int // at once
	Declines   int // within opensagas.DeclinePeriod
}

type handler struct{ Needs }

// Handle places the order, or finds it when it was placed before. It refuses with the reasons of
// quotes.Quote, PriceChanged, refusals.TooManyOpenOrders, refusals.TooManyDeclines and
// refusals.RequestMismatch. After an unavailable error the order may be recorded or not, and the
// request may be repeated.
func (h *handler) Handle(ctx context.Context, command Command) (Result, error) {
	hash, err := command.hash(h.Keys)
	if err != nil {
		return Result{}, err
	}
	id := command.orderID()
	ctx = telemetry.With(ctx, slog.String("order_id", id))
	wait, cancel := waiting.Bounded(ctx, command.Wait)
	defer cancel()

	order, err := h.Orders.Load(ctx, id)
	if err != nil {
		return Result{}, err
	}
	replayed := exists(order)
	if !replayed {
		if order, replayed, err = h.accept(ctx, command, hash, order); err != nil {
			return Result{}, err
		}
	}
	// An order that was rejected before it was recorded has no request.
	if order.Placed() && order.RequestHash() != hash {
		return Result{}, refusal.New(refusals.RequestMismatch, "The idempotency key was used with another request", nil)
	}
	if order.Status().Settled() {
		return h.result(ctx, order, replayed)
	}
	startErr := h.run(ctx, wait, order, command.PaymentMethod)
	// The order is read also when the customer has disconnected, for the log.
	if order, err = h.Orders.Load(context.WithoutCancel(ctx), id); err != nil {
		return Result{}, err
	}
	if startErr != nil && !order.Status().Settled() {
		return Result{}, notStarted(startErr)
	}
	return h.result(ctx, order, replayed)
}

func (h *handler) result(ctx context.Context, order *domain.Order, replayed bool) (Result, error) {
	data, err := h.Keys.Open(ctx, order)
	if err != nil && !errors.Is(err, personal.ErrErased) {
		return Result{}, err
	}
	return Result{Order: order, Personal: data, Replayed: replayed}, nil
}

// exists reports whether the stream has the order.
func exists(order *domain.Order) bool { return order.Status() != domain.StatusNone }

// accept gets a quote and records the order as accepted, unless another request with the key was
// accepted meanwhile.
func (h *handler) accept(ctx context.Context, command Command, hash string, order *domain.Order) (accepted *domain.Order, replayed bool, err error) {
	if err := h.checkLimits(ctx, command.CustomerID); err != nil {
		return nil, false, err
	}
	placement, err := h.quote(ctx, command, hash)
	if err == nil {
		err = h.identify(ctx, command, order.ID(), &placement)
	}
	if err == nil {
		// PostgreSQL keeps microseconds.
		if _, err = order.Place(placement, time.Now().UTC().Truncate(time.Microsecond)); err == nil {
			err = h.Orders.Save(ctx, order)
		}
	}
	if err == nil {
		return order, false, nil
	}
	if _, refused := refusal.As(err); !refused && !errors.Is(err, eventstore.ErrConflict) {
		return nil, false, err
	}
	meanwhile, loadErr := h.Orders.Load(ctx, order.ID())
	switch {
	case loadErr != nil:
		return nil, false, loadErr
	case exists(meanwhile):
		return meanwhile, true, nil
	}
	return nil, false, err
}

// checkLimits refuses a new order of a customer with too many open orders, or with too many
// declined payments, which may be tests of stolen cards.
func (h *handler) checkLimits(ctx context.Context, customerID string) error {
	if h.Limits.OpenOrders == 0 && h.Limits.Declines == 0 {
		return nil
	}
	activity, err := h.Sagas.Activity(ctx, customerID)
	switch {
	case err != nil:
		return err
	case h.Limits.OpenOrders > 0 && activity.Open >= h.Limits.OpenOrders:
		return refusal.New(refusals.TooManyOpenOrders, fmt.Sprintf("you have %d orders on their way; wait until some are done", activity.Open),
			refusals.RetryDetails{RetryAfter: openOrdersRetry})
	case h.Limits.Declines > 0 && activity.Declined >= h.Limits.Declines:
		return refusal.New(refusals.TooManyDeclines, fmt.Sprintf("%d payments of yours were declined within an hour; try again later", activity.Declined),
			refusals.RetryDetails{RetryAfter: declinesRetry})
	}
	return nil
}

// quote prices the request.
func (h *handler) quote(ctx context.Context, command Command, hash string) (domain.Placement, error) {
	quote, err := h.Catalog.Quote(ctx, command.Currency, command.Lines)
	if err != nil {
		return domain.Placement{}, err
	}
	if command.ExpectedTotal != nil && *command.ExpectedTotal != quote.Total {
		return domain.Placement{}, refusal.New(PriceChanged, "The total is no longer the expected one", PriceChangedDetails{Total: quote.Total})
	}
	return domain.Placement{
		CustomerID: command.CustomerID, RequestHash: hash,
		Lines: quote.Lines, Adjustments: quote.Adjustments, Total: quote.Total,
	}, nil
}

// identify adds number, reference, metadata and the encrypted personal data to a placement.
func (h *handler) identify(ctx context.Context, command Command, orderID string, placement *domain.Placement) (err error) {
	placement.Reference, placement.Metadata = command.Reference, command.Metadata
	if placement.Number, err = h.Numbers.Next(ctx); err != nil {
		return err
	}
	placement.Personal, err = h.Keys.Seal(ctx, command.CustomerID, orderID, command.Personal)
	return err
}

// run starts the saga of an accepted order, unless it has been started, and waits for its outcome.
// An error means that there may be no run.
func (h *handler) run(ctx, wait context.Context, order *domain.Order, paymentMethod string) error {
	in := contract.PlaceOrderInput(order)
	in.PaymentMethod = paymentMethod
	timeout := startTimeout
	if wait.Err() == nil {
		if err := h.Runs.StartAndWait(wait, in); err == nil {
			return nil
		}
		timeout = lateStartTimeout
	}
	// The wait is over, or its answer was lost, or another workflow works on the order. An accepted
	// order is started also when the customer has disconnected.
	starting, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	if err := h.Runs.Start(starting, in); err != nil && !errors.Is(err, runs.ErrExists) {
		return err
	}
	if wait.Err() == nil {
		if err := h.Runs.Await(wait, order.ID()); err != nil && wait.Err() == nil {
			slog.WarnContext(ctx, "order answered before its outcome is known", "error", err)
		}
	}
	return nil
}

// notStarted means that the order's workflow may not have been started.
func notStarted(cause error) error {
	return unavailable.New("The order may not have been started. Send the same request with the same Idempotency-Key again", cause)
}
