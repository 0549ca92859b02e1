package journal

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

// Observe takes over what happened at the provider by itself, until ctx ends: it reads what changed
// in the provider's list since the last time, and compares it with the journal. Several processes
// may observe at once; a lease lets one of them read at a time.
func (j *Journal) Observe(ctx context.Context, lists provider.Lists, every time.Duration) error {
	owner := uuid.NewString()
	for {
		more, err := j.observePage(ctx, lists, owner, every)
		if err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "cannot take over what changed at the payment provider, will try again", "error", err)
		}
		if more && err == nil && ctx.Err() == nil {
			continue
		}
		if !sleep(ctx, every) {
			return nil
		}
	}
}

func (j *Journal) observePage(ctx context.Context, lists provider.Lists, owner string, every time.Duration) (more bool, err error) {
	after, mine, err := j.store.TakeCursor(ctx, owner, j.policy.Lease+every)
	if err != nil || !mine {
		return false, err
	}
	page, err := lists.List(ctx, after)
	if err != nil {
		return false, err
	}
	orders := map[string][]provider.Entry{}
	for _, entry := range page.Entries {
		order := strings.ToLower(entry.OrderID)
		if entry.Unclear == "" && uuid.Validate(order) == nil { // another's reference is none of ours
			orders[order] = append(orders[order], entry)
		}
	}
	payments, err := j.store.Payments(ctx, slices.Sorted(maps.Keys(orders)))
	if err != nil {
		return false, err
	}
	for _, payment := range payments {
		if err := j.observe(ctx, payment, orders[payment.OrderID]); err != nil {
			return false, fmt.Errorf("order %s: %w", payment.OrderID, err)
		}
	}
	return page.More, j.store.MoveCursor(ctx, owner, after, page.Next)
}

// observe takes over what is new of an order. Most records are of what the journal has done itself,
// so that is looked at before anything is locked.
func (j *Journal) observe(ctx context.Context, seen *domain.Payment, entries []provider.Entry) error {
	caller := domain.Caller{Owner: uuid.NewString(), Now: time.Now(), Policy: j.policy}
	before := make([]domain.Operation, len(seen.Operations))
	for i, op := range seen.Operations {
		before[i] = *op
	}
	for _, entry := range entries {
		seen.Observe(caller, toObservation(entry))
	}
	if !slices.ContainsFunc(seen.Operations, func(op *domain.Operation) bool { return !slices.Contains(before, *op) }) {
		return nil
	}
	var tasks []domain.Task
	payment, err := j.store.Update(ctx, seen.OrderID, func(p *domain.Payment, now time.Time) error {
		tasks = nil
		for _, entry := range entries {
			if task := p.Observe(domain.Caller{Owner: caller.Owner, Now: now, Policy: j.policy}, toObservation(entry)); task.Calls() {
				tasks = append(tasks, task)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	slog.InfoContext(ctx, "something happened at the payment provider by itself", "order_id", seen.OrderID)
	for _, task := range tasks {
		if _, err := j.finish(ctx, caller.Owner, payment, task, ""); err != nil {
			return err
		}
	}
	return nil
}

func toObservation(entry provider.Entry) domain.Observation {
	return domain.Observation{
		What: entry.What, Finding: toFinding(entry.Fact, nil), Of: entry.Of, State: domain.State(entry.Kind), Fee: entry.Fee,
	}
}
