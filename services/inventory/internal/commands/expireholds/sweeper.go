package expireholds

import (
	"context"
	"log/slog"
	"time"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

const (
	// sweepTimeout bounds one transaction of the sweep.
	sweepTimeout = 10 * time.Second
	// holdsPerSweep bounds it as well: the transaction locks the stock items of all its holds, and
	// orders for these items wait. Ten orders of a thousand lines take 0.2 s on two busy cores;
	// with a hundred, orders would wait longer than the first try of a step may take.
	holdsPerSweep = 10
)

// Sweeper ends holds that have run out, at an interval.
type Sweeper struct {
	db      *postgres.DB
	handler cqrs.Handler[Command, Result]
	every   time.Duration
}

// NewSweeper makes a sweeper that runs at an interval. A hold is refused from the instant it runs
// out; its stock stays reserved for at most the interval after that.
func NewSweeper(db *postgres.DB, every time.Duration) *Sweeper {
	return &Sweeper{db: db, handler: New(db), every: every}
}

// Run sweeps until ctx ends, finishes the transaction it has begun, and returns nil. Failures are
// logged, and the next sweep tries again.
func (s *Sweeper) Run(ctx context.Context) error {
	turn := time.NewTicker(s.every)
	defer turn.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-turn.C:
			s.sweep(ctx)
		}
	}
}

// sweep ends all holds that have run out, holdsPerSweep at a time.
func (s *Sweeper) sweep(ctx context.Context) {
	var last store.DueHold
	for ctx.Err() == nil {
		due, err := s.due(ctx, last)
		if err != nil {
			slog.ErrorContext(ctx, "no holds are expired until the next sweep", "error", err)
			return
		}
		if len(due) == 0 || !s.end(ctx, due) {
			return
		}
		last = due[len(due)-1]
	}
}

// end ends holds together or, if that fails, one by one, so that a hold that cannot be ended does
// not block the others. It returns false when the database is unavailable.
func (s *Sweeper) end(ctx context.Context, due []store.DueHold) bool {
	ids := make([]domain.ReservationID, len(due))
	for i, hold := range due {
		ids[i] = hold.ID
	}
	err := s.try(ctx, ids...)
	if err == nil || postgres.Unavailable(err) {
		return err == nil
	}
	for _, id := range ids {
		if err := s.try(ctx, id); err != nil {
			slog.ErrorContext(ctx, "a hold that has run out cannot be ended", "order_id", id.OrderID, "error", err)
			if postgres.Unavailable(err) {
				return false
			}
		}
	}
	return true
}

func (s *Sweeper) due(ctx context.Context, after store.DueHold) ([]store.DueHold, error) {
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	return store.DueHolds(ctx, s.db, after, holdsPerSweep)
}

func (s *Sweeper) try(ctx context.Context, ids ...domain.ReservationID) error {
	// A stop must not interrupt a transaction.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sweepTimeout)
	defer cancel()
	result, err := s.handler.Handle(ctx, Command{Holds: ids})
	if result.Ended > 0 {
		slog.InfoContext(ctx, "holds expired", "holds", result.Ended)
	}
	return err
}
