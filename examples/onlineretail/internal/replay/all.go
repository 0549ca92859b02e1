package replay

import (
	"context"
	"sync"

	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/invoices"
)

// PlaceAll orders the invoices in their order, with the given concurrency, and calls done after
// each, from several goroutines. There is an outcome for every invoice, also when the context ends
// first.
func (s *Shop) PlaceAll(ctx context.Context, list []invoices.Invoice, concurrency int, done func()) []Outcome {
	return all(ctx, list, concurrency, done, s.Place, func(invoice invoices.Invoice) Outcome {
		return Outcome{Invoice: invoice, Status: Failed, Reason: Interrupted, Detail: "the replay ended before it was ordered"}
	})
}

// ShipAll ships confirmed orders as PlaceAll places them.
func (s *Shop) ShipAll(ctx context.Context, placed []Outcome, concurrency int, done func()) []Shipped {
	return all(ctx, placed, concurrency, done, s.Ship, func(order Outcome) Shipped {
		return Shipped{Invoice: order.Invoice, Failure: Failure{Interrupted, "the replay ended before it was shipped"}}
	})
}

// all does every item of a list, in its order, and calls done after each. What is missed when the
// context ends first has a result, too.
func all[Item, Result any](ctx context.Context, list []Item, concurrency int, done func(), do func(context.Context, Item) Result, missed func(Item) Result) []Result {
	results := make([]Result, len(list))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(concurrency, len(list)) {
		workers.Go(func() {
			for i := range next {
				results[i] = do(ctx, list[i])
				done()
			}
		})
	}
	for i, item := range list {
		if ctx.Err() != nil {
			results[i] = missed(item)
			continue
		}
		next <- i
	}
	close(next)
	workers.Wait()
	return results
}
