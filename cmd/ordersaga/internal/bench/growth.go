package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

// fewOrders are in the stores when the cost with few is measured.
const fewOrders = 1000

// Filled is what the stores were filled with.
type Filled struct {
	// Few and Many are the orders in the stores when the cost was measured.
	Few  int `json:"few"`
	Many int `json:"many"`
	// Added orders came through the services' own gRPC methods, so many a second.
	Added     int     `json:"added"`
	PerSecond float64 `json:"per_second"`
}

// growth compares the cost of an order and of a page of the list with many orders in the stores with
// that with few.
type growth struct {
	*system
	filler    *filler
	filled    Filled
	few, many []*Case
}

// begin fills the stores to few orders and measures.
func (g *growth) begin(ctx context.Context) (err error) {
	if g.filler, err = openFiller(ctx, g.Options); err != nil {
		return err
	}
	g.closers = append(g.closers, g.filler.close)
	if g.filled.Few, err = g.fill(ctx, fewOrders); err != nil {
		return err
	}
	g.few = g.cases(g.filled.Few)
	return g.measureAll(ctx, g.few)
}

// end fills them to many and measures again.
func (g *growth) end(ctx context.Context) (_ *Filled, err error) {
	if g.filled.Many, err = g.fill(ctx, g.GrowTo); err != nil {
		return nil, err
	}
	g.many = g.cases(g.filled.Many)
	for i, c := range g.many {
		c.to = []comparison{
			{name: "CPU to that with few orders", to: g.few[i], of: cpuTotal}, {name: "p50 to that with few orders", to: g.few[i], of: middle},
		}
	}
	return &g.filled, g.measureAll(ctx, g.many)
}

func (g *growth) cases(orders int) []*Case {
	with := fmt.Sprintf(", %d stored", orders)
	return []*Case{
		{Part: Growth, Name: "order" + with, Callers: busy, Lines: 1, do: g.buyers.place(1)},
		{Part: Growth, Name: "page of orders" + with, Callers: reading, do: g.reader(page)},
	}
}

// fill adds orders until there are so many, waits until the lists have them, and answers how many
// there are.
func (g *growth) fill(ctx context.Context, wanted int) (int, error) {
	there, err := g.number(ctx, programs.Orders, `SELECT count(*) FROM events WHERE version = 1`)
	if err != nil {
		return 0, err
	}
	missing := max(0, wanted-there)
	g.Say("%d orders in the stores, %d are added", there, missing)
	began := time.Now()
	if err := g.filler.add(ctx, missing); err != nil {
		return 0, err
	}
	for {
		listed, err := g.buyers.operator.OrderPage(ctx, client.OrderFilter{}, client.PageRequest{Limit: 1})
		if err != nil {
			return 0, err
		}
		if listed.Behind == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-time.After(time.Second):
			g.Say("the list is %d events behind", listed.Behind)
		}
	}
	if missing > 0 {
		g.filled.Added, g.filled.PerSecond = missing, float64(missing)/time.Since(began).Seconds()
	}
	return there + missing, nil
}
