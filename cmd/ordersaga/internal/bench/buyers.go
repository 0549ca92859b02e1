package bench

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ordersaga/ordersaga/client"
)

const (
	// products on sale for the benchmark, so that orders do not all wait for one row of stock.
	products = 200
	// stock of each that a run adds.
	stock    = 100_000
	currency = "GBP"
)

// buyers place orders: each caller is a shopper with a session of its own.
type buyers struct {
	open     func(Who) (*client.Client, error)
	operator *client.Client

	mu       sync.Mutex
	sessions map[Who]*client.Client
	placed   map[int][]string // by their number of lines
}

func openBuyers(ctx context.Context, o Options) (*buyers, error) {
	operator, err := o.Open(Who{})
	if err != nil {
		return nil, err
	}
	var described []client.NewProduct
	var delivery client.Delivery
	for n := range products {
		described = append(described, client.NewProduct{SKU: sku(n), Name: name(n), Price: client.Money{Amount: price(n), Currency: currency}})
		delivery.Lines = append(delivery.Lines, client.NewLine{SKU: sku(n), Quantity: stock})
	}
	for some := range slices.Chunk(described, 100) {
		if _, err := operator.CreateProducts(ctx, some); err != nil {
			return nil, fmt.Errorf("create the products of the benchmark: %w", err)
		}
	}
	if _, err := operator.ReceiveStock(ctx, delivery); err != nil {
		return nil, fmt.Errorf("receive the stock of the benchmark: %w", err)
	}
	return &buyers{open: o.Open, operator: operator, sessions: map[Who]*client.Client{}, placed: map[int][]string{}}, nil
}

func sku(n int) string     { return fmt.Sprintf("BENCH-%03d", n%products) }
func name(n int) string    { return fmt.Sprintf("Product %d of the benchmark", n%products) }
func price(n int) int64    { return 100 + int64(n%products) }
func shopper(n int) string { return fmt.Sprintf("bench-%d", n) }

// session of a caller; it is made once.
func (b *buyers) session(who Who) (*client.Client, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sessions[who] == nil {
		made, err := b.open(who)
		if err != nil {
			return nil, err
		}
		b.sessions[who] = made
	}
	return b.sessions[who], nil
}

// newOrder makes an order; orders side by side begin at products far from each other. On a slow
// machine many at once take longer than the usual wait.
func newOrder(n, lines int) client.NewOrder {
	order := client.NewOrder{Currency: currency, PaymentMethod: "card_approve", Wait: client.MaxWait}
	for line := range lines {
		order.Lines = append(order.Lines, client.NewLine{SKU: sku(n*37 + line), Quantity: 1})
	}
	return order
}

// place makes a unit of work that places an order and waits until it is confirmed. Callers ask the
// instances of orders in turns.
func (b *buyers) place(lines int, instances ...string) work {
	return func(ctx context.Context, caller, n int) (time.Duration, error) {
		who := Who{Shopper: shopper(caller)}
		if len(instances) > 0 {
			who.OrdersURL = instances[caller%len(instances)]
		}
		_, err := b.order(ctx, who, newOrder(n, lines))
		return 0, err
	}
}

// order places an order that is confirmed at once.
func (b *buyers) order(ctx context.Context, who Who, order client.NewOrder) (*client.PlacedOrder, error) {
	session, err := b.session(who)
	if err != nil {
		return nil, err
	}
	placed, err := session.PlaceOrder(ctx, order)
	if err != nil {
		return nil, err
	}
	if placed.Status != client.Confirmed {
		return nil, fmt.Errorf("order %s is %s and not confirmed within the wait", placed.ID, placed.Status)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.placed[len(order.Lines)] = append(b.placed[len(order.Lines)], placed.ID)
	return placed, nil
}
