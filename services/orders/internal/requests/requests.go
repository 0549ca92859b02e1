// Package requests carries out what is asked of an order after it was placed: to cancel it, to ship it,
// to refund it.
//
// The request is recorded at the order first, with the saga that carries it out. When the saga's
// workflow cannot be started, the sweep starts it later.
package requests

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
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
	"github.com/ordersaga/ordersaga/services/orders/internal/waiting"
)

// ReasonStale refuses a request for another version of the order.
const ReasonStale = "order_changed"

// namespace of the name-based ids of requests. If it changed, a repeated request would be carried
// out twice.
var namespace = uuid.MustParse("5b0a1f0e-43c1-4f7b-9d39-3a9c0e6a4f52")

const (
	// startTimeout bounds the work after the caller stopped waiting.
	startTimeout = 10 * time.Second
	startTries   = 3
)

// Requests carries them out.
type Requests struct {
	orders *store.Orders
	runs   *runs.Runs
}

// New makes Requests.
func New(orders *store.Orders, runs *runs.Runs) *Requests { return &Requests{orders, runs} }

// Given is what every request has.
type Given struct {
	OrderID string
	Caller  auth.Identity
	// IdempotencyKey makes repetitions of the request one saga.
	IdempotencyKey string
	// Seen are the versions for which the request is valid; nil: any.
	Seen []int64
	// Wait is how long the caller waits for the outcome; 0: no wait.
	Wait         time.Duration
	Reason, Note string
}

// Kind is what the kind of a request adds.
type Kind struct {
	// Name and Fields distinguish it from others with the same key. Fields are encoded as JSON.
	Name   string
	Fields any
	// Begin records the request at the order; it may refuse.
	Begin func(o *domain.Order, ask domain.Ask, at time.Time) error
}

// Result is the order after the request.
type Result struct {
	// Order is nil when the caller may not see it, or it does not exist.
	Order *domain.Order
	// Request is nil when Order is.
	Request *domain.Request
	// Replayed means that an earlier request began it.
	Replayed bool
}

// ask names the request. Its hash covers all fields that distinguish requests.
func (g Given) ask(kind Kind) (domain.Ask, error) {
	encoded, err := json.Marshal([]any{kind.Name, kind.Fields, g.Reason, g.Note})
	if err != nil {
		return domain.Ask{}, fmt.Errorf("hash the request: %w", err)
	}
	sum := sha256.Sum256(encoded)
	return domain.Ask{
		Instance: uuid.NewSHA1(namespace, []byte(g.Caller.Subject+"\x00"+g.OrderID+"\x00"+g.IdempotencyKey)).String(),
		Hash:     hex.EncodeToString(sum[:]), Reason: g.Reason, Note: g.Note, By: g.Caller.Subject,
	}, nil
}

// Do records the request, starts its saga, and waits for the end. It refuses with the reasons of
// Begin, with ReasonStale and refusals.RequestMismatch. A recorded request is carried out also when
// the caller disconnects.
func (r *Requests) Do(ctx context.Context, given Given, kind Kind) (Result, error) {
	ctx = telemetry.With(ctx, slog.String("order_id", given.OrderID))
	wait, cancel := waiting.Bounded(ctx, given.Wait)
	defer cancel()
	ask, err := given.ask(kind)
	if err != nil {
		return Result{}, err
	}
	result, found := Result{}, false
	err = r.orders.Update(ctx, given.OrderID, func(o *domain.Order) error {
		if found = view.Visible(o, given.Caller); !found {
			return nil
		}
		begun := o.Request(ask.Instance)
		result.Replayed = begun != nil
		switch {
		case begun == nil && given.Seen != nil && !slices.Contains(given.Seen, o.Version()):
			return refusal.New(ReasonStale, "The order has changed since; look at it again", nil)
		case begun == nil:
			return kind.Begin(o, ask, time.Now().UTC().Truncate(time.Microsecond))
		case begun.Hash != ask.Hash:
			return refusal.New(refusals.RequestMismatch, "The idempotency key was used with another request", nil)
		}
		return nil
	})
	if err != nil || !found {
		return Result{}, err
	}
	if err := r.run(ctx, wait, given.OrderID, ask.Instance, result.Replayed); err != nil {
		// The request is recorded, so the sweep carries it out later.
		slog.WarnContext(ctx, "a request is answered before its outcome is known", "kind", kind.Name, "error", err)
	}
	if result.Order, err = r.orders.Load(context.WithoutCancel(ctx), given.OrderID); err == nil {
		result.Request = result.Order.Request(ask.Instance)
	}
	return result, err
}

// run starts the saga, or cancels the open run of placing, and waits for its end. A recorded
// request is started also when the caller has disconnected.
func (r *Requests) run(ctx, wait context.Context, orderID, instance string, replayed bool) error {
	starting, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	defer cancel()
	for try := 1; ; try++ {
		order, err := r.orders.Load(starting, orderID)
		if err != nil {
			return err
		}
		switch request, open := order.Request(instance), order.OpenRequest(); {
		case !request.Ended.IsZero():
			return nil
		case open != request: // the order is being placed
			if err := r.runs.Cancel(starting, orderID); err != nil {
				return err
			}
			return r.await(wait, orderID)
		}
		err = r.runs.StartOpen(starting, order)
		if err == nil || errors.Is(err, runs.ErrExists) && replayed {
			return r.await(wait, orderID) // the earlier request, or the sweep, has started it
		}
		if !errors.Is(err, runs.ErrExists) || try == startTries {
			return err
		}
		// The previous saga's run is closing.
		if err := r.runs.Await(starting, orderID); err != nil {
			return err
		}
	}
}

func (r *Requests) await(wait context.Context, orderID string) error {
	if err := r.runs.Await(wait, orderID); err != nil && wait.Err() == nil {
		return err
	}
	return nil
}
