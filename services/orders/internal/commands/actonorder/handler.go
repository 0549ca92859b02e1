// Package actonorder lets an operator act on the stuck saga of an order.
//
// The act is recorded at the order first; then the saga is woken. The saga asks the order for acts
// before every try, so a lost update costs a pause and nothing else.
package actonorder

import (
	"context"
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
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// ReasonStale refuses a request for another version of the order.
const ReasonStale = "order_changed"

// Command acts on the stuck saga of an order.
type Command struct {
	OrderID string
	Caller  auth.Identity
	// IdempotencyKey makes repetitions of the request one act.
	IdempotencyKey string
	// Seen are the versions for which the request is valid; nil: any.
	Seen []int64
	// Act is the operator's decision, without its id and who made it.
	Act domain.ActRequest
}

// Result is the act.
type Result struct {
	// Order is nil when it does not exist.
	Order *domain.Order
	Act   domain.Act
	// Replayed means that an earlier request recorded it.
	Replayed bool
}

// namespace of the name-based ids of acts. If it changed, a repeated request would act twice.
var namespace = uuid.MustParse("0c5a1f3e-7e0b-4d58-9f6f-4b8f5f1f7d10")

// wakeTimeout bounds the wait for the saga to take the update that wakes it.
const wakeTimeout = 3 * time.Second

// New makes the use case. It refuses with act_not_allowed, ReasonStale and request_mismatch.
func New(orders *store.Orders, all *runs.Runs) cqrs.Handler[Command, Result] {
	return cqrs.Command("act_on_order", (&handler{orders, all}).handle)
}

type handler struct {
	orders *store.Orders
	runs   *runs.Runs
}

func (h *handler) handle(ctx context.Context, command Command) (result Result, err error) {
	ctx = telemetry.With(ctx, slog.String("order_id", command.OrderID))
	request := command.Act
	request.By = command.Caller.Subject
	request.ID = uuid.NewSHA1(namespace, []byte(command.Caller.Subject+"\x00"+command.OrderID+"\x00"+command.IdempotencyKey)).String()
	err = h.orders.Update(ctx, command.OrderID, func(o *domain.Order) error {
		result = Result{}
		if !view.Visible(o, command.Caller) {
			return nil
		}
		if known := o.ActOf(request.ID); known != nil {
			result.Replayed = true
			if known.ActRequest != request {
				return refusal.New(refusals.RequestMismatch, "The idempotency key was used with another request", nil)
			}
		} else if err := decide(o, command.Seen, request); err != nil {
			return err
		}
		result.Order, result.Act = o, *o.ActOf(request.ID)
		return nil
	})
	if err != nil || result.Order == nil {
		return Result{}, err
	}
	if result.Act.State == domain.ActPending {
		h.wake(ctx, command.OrderID)
	}
	return result, nil
}

// decide records the act. Of two operators who saw the same version, the second is refused.
func decide(o *domain.Order, seen []int64, request domain.ActRequest) error {
	if seen != nil && !slices.Contains(seen, o.Version()) {
		return refusal.New(ReasonStale, fmt.Sprintf("The order has changed since: it has version %d; look at it again", o.Version()), nil)
	}
	return o.Act(request, time.Now().UTC().Truncate(time.Microsecond))
}

// wake ends the saga's pause. The act is recorded, so a failure only costs the rest of the pause.
func (h *handler) wake(ctx context.Context, orderID string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wakeTimeout)
	defer cancel()
	if err := h.runs.Wake(ctx, orderID); err != nil {
		slog.WarnContext(ctx, "a saga was not woken; it takes what was decided after its pause", "error", err)
	}
}
