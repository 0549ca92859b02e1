// Package follow takes over what changes in a source, batch after batch, in one process at a time.
package follow

import (
	"context"
	"time"

	"github.com/ordersaga/ordersaga/platform/pause"
)

// Alone runs work while no other process does. The context until ends with ctx; working does not, so
// that a stop does not interrupt what is begun. Both end when another process may begin.
type Alone func(ctx context.Context, work func(until, working context.Context) error) error

// Undisturbed is Alone for what no other process works on.
func Undisturbed(ctx context.Context, work func(until, working context.Context) error) error {
	return work(ctx, context.WithoutCancel(ctx))
}

// Loop takes over one batch after the other.
type Loop struct {
	// Step takes over a batch, within Timeout; more asks for the next one at once.
	Step  func(ctx context.Context) (more bool, err error)
	Alone Alone
	// Poll is how often the source is asked when nothing wakes the loop, and the first pause after a
	// failure. Pauses double up to Longest while no batch succeeds.
	Poll, Longest, Timeout time.Duration
	// Gather is the part of Poll in which the loop waits for more, also after it was woken.
	Gather time.Duration
	// Failed is told why the loop pauses.
	Failed func(ctx context.Context, err error)

	wake chan struct{}
}

// New makes a loop of its settings.
func New(l Loop) *Loop {
	l.wake = make(chan struct{}, 1)
	return &l
}

// Wake lets the loop look at its source now. It never blocks.
func (l *Loop) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Run follows until ctx ends, and finishes the batch that it has begun.
func (l *Loop) Run(ctx context.Context) {
	between := l.Poll
	for ctx.Err() == nil {
		err := l.Alone(ctx, func(until, working context.Context) error {
			for until.Err() == nil {
				more, err := l.step(working)
				if err != nil {
					return err
				}
				if between = l.Poll; !more {
					_ = pause.For(until, l.Poll-l.Gather, l.wake)
					_ = pause.For(until, l.Gather, nil)
				}
			}
			return context.Cause(until)
		})
		if ctx.Err() != nil {
			return
		}
		l.Failed(ctx, err)
		_ = pause.For(ctx, between, nil)
		between = min(2*between, l.Longest)
	}
}

func (l *Loop) step(ctx context.Context) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.Timeout)
	defer cancel()
	return l.Step(ctx)
}
