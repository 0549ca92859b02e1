package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/contracts/programs"
	"github.com/ordersaga/ordersaga/platform/pause"
)

// fewOrders are in the stores when the cost with few is measured, or half of many if that is less.
const fewOrders = 1000

// Filled is what the stores were filled with.
type Filled struct {
	// Few and Many are the orders in the stores when the cost was measured, and there are at least as
	// many products.
	Few  int `json:"few"`
	Many int `json:"many"`
	// Added orders came through the services' own gRPC methods, so many a second.
	Added     int     `json:"added"`
	PerSecond float64 `json:"per_second"`
}

// growth compares the cost of an order and of a page of each list with many orders and products in
// the stores with that with few.
type growth struct {
	*system
	lists     lists
	filler    *filler
	filled    Filled
	products  int // that were added
	few, many []*Case
}

// begin fills the stores to few orders and measures.
func (g *growth) begin(ctx context.Context) (err error) {
	if g.filler, err = openFiller(ctx, g.Options); err != nil {
		return err
	}
	g.closers = append(g.closers, g.filler.close)
	if g.lists, err = g.openLists(ctx); err != nil {
		return err
	}
	if g.filled.Few, err = g.fill(ctx, min(fewOrders, g.GrowTo/2)); err != nil {
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
		c.to = append(c.to,
			comparison{name: "number to that with few", to: g.few[i], of: speed},
			comparison{name: "CPU to that with few", to: g.few[i], of: cpuTotal},
			comparison{name: "p50 to that with few", to: g.few[i], of: middle})
	}
	return &g.filled, g.measureAll(ctx, g.many)
}

func (g *growth) cases(stored int) []*Case {
	with := fmt.Sprintf(", %d stored", stored)
	raw := func(name string, list *mongo.Collection) *Case {
		return &Case{Part: Growth, Name: name + ", raw" + with, Callers: reading, do: g.reader(rawPage(list))}
	}
	rawOrders, rawProducts := raw("page of orders", g.lists.orders), raw("page of products", g.lists.products)
	reads := func(name string, to *Case, do work) *Case {
		return &Case{Part: Growth, Name: name + with, Callers: reading, do: do, to: []comparison{{name: "number to that of the raw query", to: to, of: speed}}}
	}
	return []*Case{
		{Part: Growth, Name: "order" + with, Callers: busy, Lines: 1, do: g.buyers.place(1)},
		rawOrders,
		reads("page of orders", rawOrders, g.reader(page)),
		reads("page of one shopper", rawOrders, func(ctx context.Context, _, _ int) (time.Duration, error) {
			session, err := g.buyers.session(Who{Shopper: regular})
			if err != nil {
				return 0, err
			}
			return 0, page(ctx, session, 0)
		}),
		rawProducts,
		reads("page of products", rawProducts, g.reader(func(ctx context.Context, operator *client.Client, _ int) error {
			_, err := operator.ProductPage(ctx, client.PageRequest{Limit: pageSize})
			return err
		})),
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
	took := time.Since(began)
	if err := g.addProducts(ctx, wanted); err != nil {
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
		g.Say("the list is %d events behind", listed.Behind)
		if err := pause.For(ctx, time.Second, nil); err != nil {
			return 0, err
		}
	}
	if missing > 0 {
		g.filled.Added, g.filled.PerSecond = missing, float64(missing)/took.Seconds()
	}
	return there + missing, nil
}

// addProducts imports products until so many were added, and waits until the last can be read.
func (g *growth) addProducts(ctx context.Context, wanted int) error {
	const most = 10_000 // of a file
	last := ""
	for g.products < wanted {
		var file bytes.Buffer
		for range min(most, wanted-g.products) {
			g.products++
			last = fmt.Sprintf("GROWN-%06d", g.products)
			fmt.Fprintf(&file, `{"sku":%q,"name":"Grown product %d","price":{"amount":100,"currency":%q}}`+"\n", last, g.products, currency)
		}
		if _, err := g.buyers.operator.ImportProducts(ctx, client.JSONLines, file.Bytes(), nil); err != nil {
			return fmt.Errorf("import products: %w", err)
		}
	}
	for last != "" {
		_, err := g.buyers.operator.Product(ctx, last)
		if err == nil {
			break
		}
		if problem := new(client.Problem); !errors.As(err, &problem) || problem.Status != http.StatusNotFound {
			return err
		}
		if err := pause.For(ctx, time.Second, nil); err != nil {
			return err
		}
	}
	return nil
}
