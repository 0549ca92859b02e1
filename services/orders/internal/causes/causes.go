// Package causes finds the open sagas that need an operator, and groups them by what is in their
// way: the saga, its step and the kind of the error.
//
// What the saga reports itself is in its order's stream. What it cannot report, because it does not
// run, is found by comparing the list of open sagas with Temporal's list of runs.
package causes

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/opensagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

const (
	// most bounds the sagas that are looked at; beyond it a cause has at least as many.
	most = 10_000
	page = 1000
	// settling is the age below which a saga without a run is not missed: it may just be started.
	settling = 5 * time.Second
	// looks is Finder.Looks when it is 0.
	looks = 500
	// temporalTimeout bounds the questions to Temporal.
	temporalTimeout = 20 * time.Second
)

// Cause is what is in the way of sagas.
type Cause struct {
	// Saga is the kind.
	Saga string
	// Step is the activity; empty when the saga cannot report one.
	Step string
	// Kind is that of the error, of contracts/sagas, or one of the problems of package runs.
	Kind string
}

// String returns the name of the cause: "place-order/VoidPayment/unavailable".
func (c Cause) String() string {
	return c.Saga + "/" + cmp.Or(c.Step, "-") + "/" + cmp.Or(c.Kind, sagas.FailureInternal)
}

// Trouble is a saga that does not come to its end by itself, or not soon.
type Trouble struct {
	Cause
	Order     *domain.Order
	Service   string // that was called; empty when it is not known
	LastError string
	TraceID   string
	Attempts  int
	Since     time.Time
	NextTry   time.Time // zero when it is not known
	Build     string    // of the worker; empty when it has none or it is not known
}

// Finder finds troubles.
type Finder struct {
	Orders    *store.Orders
	OpenSagas *opensagas.Sagas
	Runs      *runs.Runs
	// Looks bounds the sagas that Temporal is asked for one by one because its list of runs does not
	// have them; 0 means 500.
	Looks int
}

// Found are troubles by cause and order.
type Found struct {
	Troubles []Trouble
	// More means that there are more open sagas than are looked at.
	More bool
	// Unseen counts the open sagas that are not in Temporal's list of runs, and that it was not asked
	// for one by one, because they are too many. Probably they have no run.
	Unseen int
	// Blind means that Temporal did not answer: times of next tries, and troubles that sagas cannot
	// report, are missing.
	Blind bool
}

// Find finds all troubles.
func (f Finder) Find(ctx context.Context) (found Found, err error) {
	stuck, more, err := f.stuck(ctx)
	if err != nil {
		return Found{}, err
	}
	found.More = more
	looking, cancel := context.WithTimeout(ctx, temporalTimeout)
	defer cancel()
	open, whole, err := f.Runs.Open(looking)
	var polled runs.Polled
	if err == nil {
		polled, err = f.Runs.Polled(looking)
	}
	if err != nil {
		slog.WarnContext(ctx, "the causes of troubles are listed without Temporal", "error", err)
		found.Blind = true
	}
	for _, order := range stuck {
		found.Troubles = append(found.Troubles, reported(order, open[order.ID()])...)
	}
	if !found.Blind {
		if err := f.unreported(ctx, looking, &found, open, whole, polled); err != nil {
			return Found{}, err
		}
	}
	slices.SortFunc(found.Troubles, func(a, b Trouble) int {
		return cmp.Or(cmp.Compare(a.Cause.String(), b.Cause.String()), cmp.Compare(a.Order.ID(), b.Order.ID()))
	})
	return found, nil
}

// stuck folds the orders whose sagas say that they are stuck.
func (f Finder) stuck(ctx context.Context) (orders []*domain.Order, more bool, err error) {
	for before := int64(0); len(orders) < most; {
		listed, err := f.OpenSagas.Stuck(ctx, "", before, page)
		if err != nil {
			return nil, false, err
		}
		folded, err := f.fold(ctx, listed)
		if err != nil {
			return nil, false, err
		}
		for _, order := range folded {
			if order.Stuck() != nil {
				orders = append(orders, order)
			}
		}
		if len(listed) < page {
			return orders, false, nil
		}
		before = listed[len(listed)-1].Position
	}
	return orders, true, nil
}

// fold reads orders in one statement. One that this version cannot read is left out.
func (f Finder) fold(ctx context.Context, listed []opensagas.Saga) ([]*domain.Order, error) {
	ids := make([]string, len(listed))
	for i, saga := range listed {
		ids[i] = saga.OrderID
	}
	histories, _, err := f.Orders.Histories(ctx, ids)
	if err != nil {
		return nil, err
	}
	orders := make([]*domain.Order, 0, len(ids))
	for _, id := range ids {
		if history := histories[id]; len(history) > 0 {
			orders = append(orders, store.Fold(id, history))
		}
	}
	return orders, nil
}

// reported are the troubles that the saga of an order reports: one for each step.
func reported(order *domain.Order, run runs.Run) []Trouble {
	stuck := order.Stuck()
	troubles := make([]Trouble, len(stuck.Steps))
	for i, step := range stuck.Steps {
		troubles[i] = Trouble{
			Cause: Cause{order.Saga().Kind, step.Step, step.Kind}, Order: order, Service: step.Service, LastError: step.LastError,
			TraceID: step.TraceID, Attempts: step.Attempts, Since: stuck.Since, NextTry: run.NextTry, Build: cmp.Or(run.Build, stuck.Build),
		}
	}
	return troubles
}

// unreported adds open sagas whose run is missing or cannot go on. Temporal is asked in the context
// looking; when it stops answering, what is known until then is kept, and found is blind.
func (f Finder) unreported(ctx, looking context.Context, found *Found, open map[string]runs.Run, whole bool, polled runs.Polled) error {
	left, seen := cmp.Or(f.Looks, looks), 0
	for after := int64(0); seen < most; {
		listed, err := f.OpenSagas.List(ctx, settling, after, page)
		if err != nil {
			return err
		}
		var bad []opensagas.Saga
		problems := map[string]runs.Run{}
		for _, saga := range listed {
			run, known := open[saga.OrderID]
			if !known && !whole { // the rest of Temporal's list may have it
				found.More = true
				continue
			}
			if !known && (left == 0 || found.Blind) {
				found.More = true
				found.Unseen++
				continue
			}
			if !known {
				left--
				if run, err = f.Runs.Look(looking, saga.OrderID); err != nil {
					slog.WarnContext(ctx, "not all runs were looked at", "error", err)
					found.Blind, found.More = true, true
					found.Unseen++
					continue
				}
			}
			if run.Problem(polled) != "" {
				bad, problems[saga.OrderID] = append(bad, saga), run
			}
		}
		orders, err := f.fold(ctx, bad)
		if err != nil {
			return err
		}
		for _, order := range orders {
			if order.Saga() != nil {
				run := problems[order.ID()]
				found.Troubles = append(found.Troubles, Trouble{
					Cause: Cause{Saga: order.Saga().Kind, Kind: run.Problem(polled)}, Order: order,
					LastError: run.Explain(polled), Since: order.Saga().BeganAt, Build: run.Build,
				})
			}
		}
		if seen += len(listed); len(listed) < page {
			return nil
		}
		after = listed[len(listed)-1].Position
	}
	found.More = true
	return nil
}
