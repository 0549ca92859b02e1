// Package pause waits, for a time that is fixed or grows.
package pause

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// For waits for d, or less when ctx ends or wake is sent to or closed; a nil wake never is. It
// returns the cause when ctx has ended, else nil.
func For(ctx context.Context, d time.Duration, wake <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-wake:
	case <-timer.C:
	}
	return nil
}

// Growing makes pauses that double from the first to the longest, with jitter, so that many programs
// do not try again at the same moment.
func Growing(first, longest time.Duration) *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier = first, longest, 2
	b.Reset()
	return b
}
