package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/supervisor"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

// inFlight is how many orders are in flight when the worker is killed.
const inFlight = 50

// recovery measures how long orders that are in flight take until the last of them is settled, from
// the kill of the only worker on. Its supervisor starts it again.
func (s *system) recovery() *Case {
	return &Case{
		Part: Recovery, Name: "worker killed: until all in flight are settled", Callers: inFlight, onlyTimes: true,
		run: func(ctx context.Context, span time.Duration) ([]time.Duration, time.Duration, error) {
			var killed time.Time
			failed := make(chan error, 1)
			// Each caller has one order in flight all the time. At the end of the span none is begun.
			time.AfterFunc(span, func() {
				killed = time.Now()
				_, err := supervisor.Kill(supervisor.Record(s.Stack.Dir, programs.Worker))
				failed <- err
			})
			_, took, err := load(ctx, inFlight, span, func(ctx context.Context, caller, n int) (time.Duration, error) {
				session, err := s.buyers.session(Who{Shopper: shopper(caller)})
				if err != nil {
					return 0, err
				}
				_, err = session.PlaceOrderAndWait(ctx, newOrder(n, 1))
				return 0, err
			})
			ended := time.Now()
			if err := <-failed; err != nil {
				return nil, 0, fmt.Errorf("kill the worker: %w", err)
			}
			if err != nil {
				return nil, 0, err
			}
			return []time.Duration{ended.Sub(killed)}, took, nil
		},
	}
}
