// Package cancelorder cancels an order before it is shipped, or units of it.
//
// What is cancelled is recorded at the order first. An order that is still being placed turns back:
// its own saga undoes what it did. For a confirmed one the saga CancelOrder begins; when its workflow
// cannot be started now, the sweep starts it.
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

// Command is what is asked for.
type Command struct {
	OrderID string
	Caller  auth.Identity
	// IdempotencyKey makes repetitions of the request one cancellation.
	IdempotencyKey string
	// Seen are the versions the request is meant for; nil: whichever is current.
	Seen []int64
	// Lines to cancel units of; none: everything that is left.
	Lines        []domain.CancelledLine
	Reason, Note string
	// Wait is how long the caller waits for the outcome; 0: not at all.
	Wait time.Duration
}

// Result is the order as the request left it.
type Result struct {
	// Order is nil when there is none for the caller.
	Order *domain.Order
	// ID of the cancellation.
	ID string
	// Replayed tells that an earlier request began it.
	Replayed bool
}

// namespace of the name-based ids of cancellations. To change it is to cancel twice for everybody
// who repeats a request across the change.
var namespace = uuid.MustParse("5b0a1f0e-43c1-4f7b-9d39-3a9c0e6a4f52")

const (
	// startTimeout bounds what is done for a caller who waits no more.
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

// request is what the aggregate is asked. Its hash has everything that makes another request.
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

// Handle records the request and has it carried out. Refused with the reasons of
// domain.Order.PlanCancel, ReasonStale and refusals.RequestMismatch. Once it is recorded it is
// carried out, whatever becomes of the caller.
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
	if err := h.run(ctx, wait, command.OrderID, request.Instance); err != nil {
		// It is recorded, so it is done: later, by the sweep.
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

// run starts what the order needs and waits for its end. The caller may have hung up: what is
// recorded is started all the same.
func (h *handler) run(ctx, wait context.Context, orderID, id string) error {
	starting, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	defer cancel()
	for try := 1; ; try++ {
		order, err := h.orders.Load(starting, orderID)
		if err != nil {
			return err
		}
		request := order.CancelOf(id)
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
		if err == nil {
			return h.await(wait, orderID)
		}
		if !errors.Is(err, runs.ErrExists) || try == startTries {
			return err
		}
		// The run of the saga before is closing, or this one runs already.
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
