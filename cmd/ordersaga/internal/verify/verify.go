// Package verify checks the invariants of the whole system from outside, by what each service
// answers an auditor. Orders go on meanwhile: what seems wrong is read again before it is called a
// violation.
package verify

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/client"
)

const (
	// rereads in a row must show the same before it is a violation.
	rereads = 3
	// pause between them; it grows up to longestPause.
	pause        = 300 * time.Millisecond
	longestPause = 2 * time.Second
	// leastForDelivery is what the delivery of events gets when orders took all the time.
	leastForDelivery = 10 * time.Second
)

// Run checks all invariants. Orders whose saga is open, and events on their way, get until settle
// from now. It fails when a service does not answer.
func Run(ctx context.Context, c *client.Client, settle time.Duration) (*Report, error) {
	began := time.Now()
	deadline := began.Add(settle)
	v := newInvariants()
	for _, check := range []func(context.Context, *client.Client, time.Time) error{
		v.checkStock, v.checkOrders, v.checkDelivery, v.checkReadModel, v.checkProducts,
	} {
		if err := check(ctx, c, deadline); err != nil {
			return nil, err
		}
	}
	report := v.report()
	report.Seconds = time.Since(began).Seconds()
	return report, nil
}

// wait pauses before another look, longer each time.
type wait struct{ next time.Duration }

func (w *wait) pause(ctx context.Context) error {
	w.next = min(max(pause, w.next*3/2), longestPause)
	timer := time.NewTimer(w.next)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("verify: %w", ctx.Err())
	case <-timer.C:
		return nil
	}
}
