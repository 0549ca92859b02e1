package expireholds

import (
	"context"
	"log/slog"
	"time"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
)

// sweepTimeout bounds one transaction of the sweep.
const sweepTimeout = 10 * time.Second

// Sweeper runs the use case again and again.
type Sweeper struct {
	handler cqrs.Handler[Request, Swept]
	every   time.Duration
}

// NewSweeper makes a sweeper that looks every so often. A hold is refused from
// the instant it runs out; the interval is how long its stock stays reserved
// after that.
func NewSweeper(db *postgres.DB, announced func(), every time.Duration) *Sweeper {
	return &Sweeper{handler: NewHandler(db, announced), every: every}
}

// Run sweeps until ctx ends, finishes the sweep it has begun, and returns nil. A
// failure is logged by the use case, and the next turn tries again.
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

// sweep ends all holds that have run out, a bounded number at a time.
func (s *Sweeper) sweep(ctx context.Context) {
	for ctx.Err() == nil {
		// Stopping must not tear a sweep that is about to commit.
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), sweepTimeout)
		swept, err := s.handler.Handle(bounded, Request{})
		cancel()
		if err != nil {
			return
		}
		if swept.Holds > 0 {
			slog.InfoContext(ctx, "holds expired", "holds", swept.Holds)
		}
		if swept.Holds < holdsPerSweep {
			return
		}
	}
}
