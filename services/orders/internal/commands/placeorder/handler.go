// Package placeorder takes an order: it is quoted, accepted, its saga is started, and the customer
// is told how it ended, or that it is on its way.
//
// The order's id follows from customer and idempotency key, so a repeated request meets its order.
// What is accepted is recorded in the order's stream before a workflow is started: from then on
// every answer about the key comes from the stream, whatever the catalog would say now. When the
// start fails, the same request starts it later; when nobody sends it again, the sweep ends the
// order as interrupted.
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

// PriceChanged is the reason of a refusal that only this use case has: the total is not the one the
// customer expects. Details: PriceChangedDetails.
const PriceChanged = "price_changed"

// PriceChangedDetails has the total that would be charged now.
type PriceChangedDetails struct {
	Total domain.Money `json:"total"`
}

// Result is an order as its request left it.
type Result struct {
	Order    *domain.Order
	Personal personal.Data
	// Replayed tells that an earlier request placed the order.
	Replayed bool
}

const (
	// startTimeout bounds the start of a workflow that is not waited for.
	startTimeout = 10 * time.Second
	// lateStartTimeout bounds it after the customer has waited already.
	lateStartTimeout = 5 * time.Second
	// After so many seconds a customer at a limit may try again.
	openOrdersRetry, declinesRetry = 5, 600
)

// New makes the use case.
func New(n Needs) cqrs.Handler[Command, Result] {
	return cqrs.Command("place_order", (&handler{n}).Handle)
}

// Needs are what placing is made of.
type Needs struct {
	Orders  *store.Orders
	Numbers *store.Numbers
	Keys    *personal.Keys
	Catalog *quotes.Catalog
	Runs    *runs.Runs
	Sagas   *opensagas.Sagas
	Limits  Limits
}

// Limits of one customer, over all instances of the service. 0 is no limit. What is counted follows
// the log, so requests that come at the same moment can exceed a limit by their number.
type Limits struct {
	OpenOrders int // at once
	Declines   int // within opensagas.DeclinePeriod
}

type handler struct{ Needs }

// Handle places the order or finds it placed. Refused with the reasons of quotes.Quote,
// PriceChanged, refusals.TooManyOpenOrders, refusals.TooManyDeclines and refusals.RequestMismatch. After an error that is unavailable the order may be
// recorded or not; to send the same again is safe.
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
	// The customer may have hung up: the order is read all the same, for the log.
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

// exists tells whether the stream can answer for the order.
func exists(order *domain.Order) bool { return order.Status() != domain.StatusNone }

// accept quotes the request and records what it was quoted as accepted, unless another request with
// the key was accepted meanwhile.
func (h *handler) accept(ctx context.Context, command Command, hash string, order *domain.Order) (accepted *domain.Order, replayed bool, err error) {
	if err := h.checkLimits(ctx, command.CustomerID); err != nil {
		return nil, false, err
	}
	placement, err := h.quote(ctx, command, hash)
	if err == nil {
		err = h.identify(ctx, command, order.ID(), &placement)
	}
	if err == nil {
		// What the stream can keep, so that it compares equal to what comes back.
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

// checkLimits refuses a new order of a customer who has too many under way, or whose payments were
// declined too often: somebody may be trying stolen cards.
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
		return domain.Placement{}, refusal.New(PriceChanged, "The total is not the expected one any more", PriceChangedDetails{Total: quote.Total})
	}
	return domain.Placement{
		CustomerID: command.CustomerID, RequestHash: hash,
		Lines: quote.Lines, Adjustments: quote.Adjustments, Total: quote.Total,
	}, nil
}

// identify adds to a placement by what people know the order, and whose it is.
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
	// The wait is over, or its answer was lost, or another workflow works on the order. The order
	// is accepted, so it is started also for a customer who has hung up.
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

// notStarted says that the order's workflow is not known to be started.
func notStarted(cause error) error {
	return unavailable.New("The order is not known to be on its way. Send the same request with the same Idempotency-Key again", cause)
}
