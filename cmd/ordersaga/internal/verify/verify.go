// Package verify checks the invariants of the whole system from outside, by the audit operations of
// the services. Orders continue meanwhile, so a finding is read again before it is a violation.
package verify

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/platform/pause"
)

const (
	// rereads in a row must have the same finding before it is a violation.
	rereads = 3
	// firstPause between them grows up to longestPause.
	firstPause   = 300 * time.Millisecond
	longestPause = 2 * time.Second
	// leastForDelivery is the time for the delivery of events when orders used all of it.
	leastForDelivery = 10 * time.Second
)

// Run checks all invariants. Open sagas and undelivered events have the time settle to end. It
// fails when a service does not answer.
func Run(ctx context.Context, c *client.Client, settle time.Duration, full bool) (*Report, error) {
	began := time.Now()
	deadline := began.Add(settle)
	v := newInvariants()
	for _, check := range []func(context.Context, *client.Client, time.Time) error{
		v.checkStock, v.checkOrders, v.checkDelivery, v.checkReadModel(full), v.checkProducts,
	} {
		if err := check(ctx, c, deadline); err != nil {
			return nil, err
		}
	}
	report := v.report()
	report.Seconds = time.Since(began).Seconds()
	return report, nil
}

// atLeast leaves time for the delivery of events when orders used all of it.
func atLeast(deadline time.Time) time.Time {
	if least := time.Now().Add(leastForDelivery); deadline.Before(least) {
		return least
	}
	return deadline
}

// wait pauses before another read, longer each time.
type wait struct{ next time.Duration }

func (w *wait) pause(ctx context.Context) error {
	w.next = min(max(firstPause, w.next*3/2), longestPause)
	if err := pause.For(ctx, w.next, nil); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	return nil
}
