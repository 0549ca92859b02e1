package journal

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	resolveBatch  = 50 // operations taken up at a time
	resolveAtOnce = 8  // calls of the provider side by side, so that one that hangs does not hold up the rest
)

// Resolve finishes what nobody works on, until ctx ends: undos whose caller died or gave up, the
// second look at what was never charged, and captures and refunds that are not settled. Several
// processes may resolve at once; leases keep them apart.
func (j *Journal) Resolve(ctx context.Context, every time.Duration) error {
	for {
		if full := j.resolveDue(ctx); full {
			continue
		}
		if !sleep(ctx, every) {
			return nil
		}
	}
}

// resolveDue takes up a batch and tells whether to go on at once with another. A step that failed
// is still due: going on with the same ones would be a busy loop.
func (j *Journal) resolveDue(ctx context.Context) (more bool) {
	unfinished, err := j.store.Due(ctx, resolveBatch)
	if err != nil {
		if ctx.Err() == nil {
			slog.ErrorContext(ctx, "cannot read which operations are due", "error", err)
		}
		return false
	}
	var failed atomic.Bool
	var group errgroup.Group
	group.SetLimit(resolveAtOnce)
	for _, due := range unfinished {
		group.Go(func() error {
			if err := j.Resume(ctx, due); err != nil {
				failed.Store(true)
				slog.ErrorContext(ctx, "cannot finish an operation, will try again", "order_id", due.Step.OrderID, "kind", due.Kind, "error", err)
			}
			return nil
		})
	}
	_ = group.Wait() // each failure is said above
	return len(unfinished) == resolveBatch && !failed.Load() && ctx.Err() == nil
}
