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
	// holdsPerSweep bounds it as well: it locks the stock items of all its holds, which every buyer
	// of them waits for. Ten orders of a thousand lines take 0.2 s on two busy cores; a hundred
	// would keep buyers waiting for longer than the first try of a step may take.
	holdsPerSweep = 10
)

// Sweeper finds holds that have run out and ends them, again and again.
type Sweeper struct {
	db      *postgres.DB
	handler cqrs.Handler[Command, Result]
	every   time.Duration
}

// NewSweeper makes a sweeper that looks every so often. A hold is refused from the instant it runs
// out; the interval is how long its stock stays reserved after that.
func NewSweeper(db *postgres.DB, announced func(), every time.Duration) *Sweeper {
	return &Sweeper{db: db, handler: New(db, announced), every: every}
}

// Run sweeps until ctx ends, finishes the transaction it has begun, and returns nil. Failures are
// logged, and the next turn tries again.
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

// sweep goes once through all holds that have run out, a few at a time.
func (s *Sweeper) sweep(ctx context.Context) {
	var last store.DueHold
	for ctx.Err() == nil {
		due, err := s.due(ctx, last)
		if err != nil {
			slog.ErrorContext(ctx, "no holds are expired until the next turn", "error", err)
			return
		}
		if len(due) == 0 || !s.end(ctx, due) {
			return
		}
		last = due[len(due)-1]
	}
}

// end ends holds together or, if that fails, one by one: a hold that cannot be ended must not hold
// up the others. It tells whether it makes sense to go on.
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
	// Stopping must not tear a transaction that is about to commit.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sweepTimeout)
	defer cancel()
	result, err := s.handler.Handle(ctx, Command{Holds: ids})
	if result.Ended > 0 {
		slog.InfoContext(ctx, "holds expired", "holds", result.Ended)
	}
	return err
}
