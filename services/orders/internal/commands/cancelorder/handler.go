// Package cancelorder cancels an order before it is shipped, or units of it.
//
// The cancellation is recorded at the order first. An order that is still being placed turns back:
// its own saga undoes its steps. For a confirmed one the saga CancelOrder begins; when its workflow
// cannot be started, the sweep starts it later.
package cancelorder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/services/orders/internal/contract"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
	"github.com/ordersaga/ordersaga/services/orders/internal/waiting"
)

// ReasonStale refuses a request for another version of the order.
const ReasonStale = "order_changed"

// Command cancels an order or units of it.
type Command struct {
	OrderID string
	Caller  auth.Identity
	// IdempotencyKey makes repetitions of the request one cancellation.
	IdempotencyKey string
	// Seen are the versions for which the request is valid; nil: any.
	Seen []int64
	// Lines to cancel units of; none: everything that is left.
	Lines        []domain.CancelledLine
	Reason, Note string
	// Wait is how long the caller waits for the outcome; 0: no wait.
	Wait time.Duration
}

// Result is the order after the request.
type Result struct {
	// Order is nil when the caller may not see it, or it does not exist.
	Order *domain.Order
	// ID of the cancellation.
	ID string
	// Replayed means that an earlier request began it.
	Replayed bool
}

// namespace of the name-based ids of cancellations. If it changed, a repeated request would cancel
// twice.
var namespace = uuid.MustParse("5b0a1f0e-43c1-4f7b-9d39-3a9c0e6a4f52")

const (
	// startTimeout bounds the work after the caller stopped waiting.
	startTimeout = 10 * time.Second
	startTries   = 3
)

// New makes the use case.
func New(orders *store.Orders, runs *runs.Runs) cqrs.Handler[Command, Result] {
	return cqrs.Command("cancel_order", (&handler{orders, runs}).Handle)
}

type handler struct {
	orders *store.Orders
	runs   *runs.Runs
}

// request makes the aggregate's request. Its hash covers all fields that distinguish requests.
func (c Command) request() (domain.CancelRequest, error) {
	encoded, err := json.Marshal(struct {
		Lines        []domain.CancelledLine
		Reason, Note string
	}{c.Lines, c.Reason, c.Note})
	if err != nil {
		return domain.CancelRequest{}, fmt.Errorf("hash the request: %w", err)
	}
	sum := sha256.Sum256(encoded)
	return domain.CancelRequest{
		Instance: uuid.NewSHA1(namespace, []byte(c.Caller.Subject+"\x00"+c.OrderID+"\x00"+c.IdempotencyKey)).String(),
		Hash:     hex.EncodeToString(sum[:]),
		Lines:    c.Lines, Reason: c.Reason, Note: c.Note, By: c.Caller.Subject,
	}, nil
}

// Handle records the request and starts it. It refuses with the reasons of domain.Order.PlanCancel,
// ReasonStale and refusals.RequestMismatch. A recorded request is carried out also when the caller
// disconnects.
func (h *handler) Handle(ctx context.Context, command Command) (Result, error) {
	ctx = telemetry.With(ctx, slog.String("order_id", command.OrderID))
	wait, cancel := waiting.Bounded(ctx, command.Wait)
	defer cancel()
	request, err := command.request()
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: request.Instance}
	found := false
	err = h.orders.Update(ctx, command.OrderID, func(o *domain.Order) error {
		if found = view.Visible(o, command.Caller); !found {
			return nil
		}
		result.Replayed = o.CancelOf(request.Instance) != nil
		return h.decide(o, command, request)
	})
	if err != nil || !found {
		return Result{}, err
	}
	if err := h.run(ctx, wait, command.OrderID, result); err != nil {
		// The request is recorded, so the sweep carries it out later.
		slog.WarnContext(ctx, "a cancellation is answered before its outcome is known", "error", err)
	}
	result.Order, err = h.orders.Load(context.WithoutCancel(ctx), command.OrderID)
	return result, err
}

func (h *handler) decide(o *domain.Order, command Command, request domain.CancelRequest) error {
	if begun := o.CancelOf(request.Instance); begun != nil {
		if begun.Hash != request.Hash {
			return refusal.New(refusals.RequestMismatch, "The idempotency key was used with another request", nil)
		}
		return nil
	}
	if command.Seen != nil && !slices.Contains(command.Seen, o.Version()) {
		return refusal.New(ReasonStale, "The order has changed since; look at it again", nil)
	}
	at := time.Now().UTC().Truncate(time.Microsecond)
	if saga := o.Saga(); saga != nil && saga.Saga == domain.Placing(o.ID()) {
		return o.CancelPlacing(request, at)
	}
	_, err := o.BeginCancel(request, at)
	return err
}

// run starts the saga or cancels the open run, and waits for its end. A recorded request is started
// also when the caller has disconnected.
func (h *handler) run(ctx, wait context.Context, orderID string, begun Result) error {
	starting, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	defer cancel()
	for try := 1; ; try++ {
		order, err := h.orders.Load(starting, orderID)
		if err != nil {
			return err
		}
		request := order.CancelOf(begun.ID)
		switch {
		case !request.Ended.IsZero():
			return nil
		case request.Cancellation == nil:
			if err := h.runs.Cancel(starting, orderID); err != nil {
				return err
			}
			return h.await(wait, orderID)
		}
		err = h.runs.StartCancel(starting, contract.CancelOrderInput(order), order)
		if err == nil || errors.Is(err, runs.ErrExists) && begun.Replayed {
			return h.await(wait, orderID) // the earlier request, or the sweep, has started it
		}
		if !errors.Is(err, runs.ErrExists) || try == startTries {
			return err
		}
		// The previous saga's run is closing.
		if err := h.runs.Await(starting, orderID); err != nil {
			return err
		}
	}
}

func (h *handler) await(wait context.Context, orderID string) error {
	if err := h.runs.Await(wait, orderID); err != nil && wait.Err() == nil {
		return err
	}
	return nil
}
