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
	outcomes := make([]Outcome, len(list))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(concurrency, len(list)) {
		workers.Go(func() {
			for i := range next {
				outcomes[i] = s.Place(ctx, list[i])
				done()
			}
		})
	}
	for i, invoice := range list {
		if ctx.Err() != nil {
			outcomes[i] = Outcome{Invoice: invoice, Status: Failed, Reason: Interrupted, Detail: "the replay ended before it was ordered"}
			continue
		}
		next <- i
	}
	close(next)
	workers.Wait()
	return outcomes
}
