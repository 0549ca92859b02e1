// Package campaign makes one act on all orders that are stuck for one cause: first on a few, and only
// when that helped on the others, at a bounded rate. It stops at the first order that the act does
// not help.
package campaign

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/platform/pause"
)

// Client acts on orders.
type Client interface {
	Act(ctx context.Context, orderID string, act client.NewAct) (*client.DoneAct, error)
	WhyOrder(ctx context.Context, orderID string) (*client.Why, error)
}

// Campaign is an act on many orders.
type Campaign struct {
	Client Client
	// Act is made on each order, with its version. Its key is the same for all: with the same key
	// the campaign is the same, and no order is acted on twice.
	Act client.NewAct
	// Canary is the number of orders that come first.
	Canary int
	// Parallel orders are waited for at once, at most Rate of them a second.
	Parallel int
	Rate     float64
	// Patience bounds the wait for what becomes of one order.
	Patience time.Duration
	// Progress is called after each order.
	Progress func(Report)
}

// Report is what became of the orders.
type Report struct {
	Total  int
	Helped int // their sagas ended, or turned back
	Gone   []Gone
	Failed []Failure
	// Open counts those that were acted on, or perhaps were, when the campaign was interrupted.
	Open int
}

// Done counts the orders whose outcome is known.
func (r Report) Done() int { return r.Helped + len(r.Gone) + len(r.Failed) }

// Gone is an order that was not acted on, because it had gone on before: its saga tries by itself,
// too, and another operator may have acted.
type Gone struct {
	OrderID string
	// Now says how the order is.
	Now string
}

// Failure is an order that the act did not help.
type Failure struct {
	OrderID string
	Err     error
}

var (
	// errInVain means that the saga was stuck again after the act.
	errInVain = errors.New("stuck again")
	// errChanging means that the order had another version at each look.
	errChanging = errors.New("it changed each time before the act; another operator may be working on it")
)

// Run acts on the orders. When it stops early the others are as they were: the next campaign goes on
// with them.
func (c Campaign) Run(ctx context.Context, orders []client.StuckOrder) Report {
	report := Report{Total: len(orders)}
	canary := min(c.Canary, len(orders))
	for _, wave := range []struct {
		orders   []client.StuckOrder
		parallel int
	}{{orders[:canary], 1}, {orders[canary:], c.Parallel}} {
		c.wave(ctx, wave.orders, wave.parallel, &report)
		if len(report.Failed) > 0 || ctx.Err() != nil {
			break
		}
	}
	return report
}

// wave acts on orders side by side until one fails.
func (c Campaign) wave(ctx context.Context, orders []client.StuckOrder, parallel int, report *Report) {
	stopped, stop := context.WithCancel(ctx)
	defer stop()
	queue := make(chan client.StuckOrder)
	var mu sync.Mutex
	var working sync.WaitGroup
	for range max(parallel, 1) {
		working.Go(func() {
			for order := range queue {
				// Also after a stop: what was begun is reported as it ends.
				gone, err := c.one(ctx, order)
				mu.Lock()
				switch {
				case err != nil && ctx.Err() != nil:
					report.Open++
				case err != nil:
					report.Failed = append(report.Failed, Failure{order.OrderID, err})
					stop()
				case gone != "":
					report.Gone = append(report.Gone, Gone{order.OrderID, gone})
				default:
					report.Helped++
				}
				if c.Progress != nil {
					c.Progress(*report)
				}
				mu.Unlock()
			}
		})
	}
	for i, order := range orders {
		if i > 0 && pause.For(stopped, time.Duration(float64(time.Second)/c.Rate), nil) != nil {
			break
		}
		select {
		case queue <- order:
			continue
		case <-stopped.Done():
		}
		break
	}
	close(queue)
	working.Wait()
}

// mostLooks is how often an order that has changed is looked at again.
const mostLooks = 5

// asking is the pause between two questions for what became of an act.
const asking = 250 * time.Millisecond

// one acts on an order and waits for what becomes of it. Repeating the act asks, and wakes the saga
// again when it does not know of the act yet. When the order had gone on before it says how it is.
func (c Campaign) one(ctx context.Context, order client.StuckOrder) (gone string, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.Patience)
	defer cancel()
	act, version := c.Act, order.Version
	for looks := 0; ; {
		act.ETag = `"` + strconv.FormatInt(version, 10) + `"`
		done, err := c.Client.Act(ctx, order.OrderID, act)
		if changed(err) && looks < mostLooks {
			// The saga itself records what it is stuck in: look whether it is stuck still.
			looks++
			why, err := c.Client.WhyOrder(ctx, order.OrderID)
			if err != nil {
				return "", err
			}
			if possible(why, act) {
				version = why.Version
				continue
			}
			return nowOf(why), nil
		}
		switch {
		case changed(err):
			return "", errChanging
		case err != nil:
			return "", err
		case done.State == "helped":
			return "", nil
		case done.State == "in_vain":
			return "", errInVain
		}
		if pause.For(ctx, asking, nil) != nil {
			return "", fmt.Errorf("its saga has not said within %s what came of it: it is %s", c.Patience, done.State)
		}
	}
}

// nowOf says how an order is on which the act is not possible any more.
func nowOf(why *client.Why) string {
	if len(why.Steps) == 0 {
		return "it is " + why.Status
	}
	steps := make([]string, len(why.Steps))
	for i, step := range why.Steps {
		steps[i] = step.Step
	}
	return "it is stuck in " + strings.Join(steps, ", ")
}

// changed reports whether an order is not as it was listed: its saga went on, was stuck anew, or
// another operator acted.
func changed(err error) bool {
	var answered *client.Problem
	return errors.As(err, &answered) && (answered.Status == http.StatusPreconditionFailed || answered.Slug() == "act-not-allowed")
}

// possible reports whether the act can still be made on the order.
func possible(why *client.Why, act client.NewAct) bool {
	return slices.ContainsFunc(why.Acts, func(p client.PossibleAct) bool {
		return p.Name == act.Act && p.Step == act.Step && p.Allowed
	})
}
