// Package waiting bounds how long a caller waits for the outcome of a saga.
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
	// longest leaves time for the answer before Timeout.
	longest = 50 * time.Second
	// Timeout of an operation that waits.
	Timeout = 55 * time.Second
)

// Preferred reads the wait from a Prefer header (RFC 7240), and returns the Preference-Applied.
// Unknown preferences are ignored, as the RFC requires.
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

// Bounded returns a context that ends with the wait, or when the server stops: the answer then is
// that the order is on its way.
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
