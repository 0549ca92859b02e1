// Package waiting is how long a caller waits for the outcome of a saga.
package waiting

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/ordersaga/ordersaga/platform/lifecycle"
	"github.com/ordersaga/ordersaga/platform/rest"
)

const (
	byDefault = 10 * time.Second
	// longest leaves time for an answer before the server cuts it off.
	longest = 50 * time.Second
	// Timeout of an operation that waits.
	Timeout = 55 * time.Second
)

// Preferred reads the wait from a Prefer header (RFC 7240), and says what of it is granted. What is
// not understood is ignored, as the RFC has it.
func Preferred(header string) (wait time.Duration, applied string) {
	async := false
	wait = -1
	for _, preference := range rest.Preferences(header) {
		switch preference.Name {
		case "respond-async":
			async = true
		case "wait":
			if seconds, err := strconv.ParseUint(preference.Value, 10, 31); err == nil {
				wait = min(time.Duration(seconds)*time.Second, longest)
			}
		}
	}
	switch {
	case wait >= 0:
		return wait, fmt.Sprintf("wait=%d", int(wait.Seconds()))
	case async:
		return 0, "respond-async"
	default:
		return byDefault, ""
	}
}

// Bounded is a context that ends with the wait. A server that is told to stop ends all waits: who
// waits is told that the outcome is not known yet.
func Bounded(ctx context.Context, wait time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	if draining := lifecycle.Draining(ctx); draining != nil {
		go func() {
			select {
			case <-draining:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	return ctx, cancel
}
