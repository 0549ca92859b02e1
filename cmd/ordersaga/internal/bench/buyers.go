package bench

import (
	"context"
	"fmt"
	"slices"
	"sync"

	temporalclient "go.temporal.io/sdk/client"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

const (
	// products on sale for the benchmark, so that orders do not all wait for one row of stock.
	products = 200
	// stock of each that a run adds.
	stock = 100_000
)

// buyers place orders: each caller is a shopper with a session of its own.
type buyers struct {
	open func(shopper string) (*client.Client, error)

	mu       sync.Mutex
	sessions map[int]*client.Client
	placed   map[int][]string // the newest orders, by their number of lines
}

func openBuyers(ctx context.Context, o Options) (*buyers, error) {
	var described []client.NewProduct
	var delivery client.Delivery
	for n := range products {
		described = append(described, client.NewProduct{SKU: sku(n), Name: fmt.Sprintf("Product %d of the benchmark", n), Price: client.Money{Amount: 100 + int64(n), Currency: "GBP"}})
		delivery.Lines = append(delivery.Lines, client.NewLine{SKU: sku(n), Quantity: stock})
	}
	for some := range slices.Chunk(described, 100) {
		if _, err := o.Operator.CreateProducts(ctx, some); err != nil {
			return nil, fmt.Errorf("create the products of the benchmark: %w", err)
		}
	}
	if _, err := o.Operator.ReceiveStock(ctx, delivery); err != nil {
		return nil, fmt.Errorf("receive the stock of the benchmark: %w", err)
	}
	return &buyers{open: o.Orders, sessions: map[int]*client.Client{}, placed: map[int][]string{}}, nil
}

func sku(n int) string { return fmt.Sprintf("BENCH-%03d", n%products) }

func (b *buyers) session(caller int) (*client.Client, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sessions[caller] == nil {
		made, err := b.open(fmt.Sprintf("bench-%d", caller))
		if err != nil {
			return nil, err
		}
		b.sessions[caller] = made
	}
	return b.sessions[caller], nil
}

// place makes a unit of work that places an order and waits until it is confirmed.
func (b *buyers) place(lines int) work {
	return func(ctx context.Context, caller, n int) error {
		session, err := b.session(caller)
		if err != nil {
			return err
		}
		order := client.NewOrder{Currency: "GBP", PaymentMethod: "card_approve"}
		for line := range lines {
			// Orders side by side begin far from each other.
			order.Lines = append(order.Lines, client.NewLine{SKU: sku(n*37 + line), Quantity: 1})
		}
		placed, err := session.PlaceOrder(ctx, order)
		if err != nil {
			return err
		}
		if placed.Status != client.Confirmed {
			return fmt.Errorf("order %s is %s and not confirmed within the wait", placed.ID, placed.Status)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.placed[lines] = append(b.placed[lines], placed.ID)
		return nil
	}
}

// sample is how many workflows are looked at for the length of their histories.
const sample = 20

// describe fills in what Temporal tells of the orders' workflows: the median of some.
func (b *buyers) describe(ctx context.Context, temporal temporalclient.Client, cases []*Case) error {
	for _, c := range cases {
		ids := b.placed[c.Lines]
		if c.Name != nameOrder || len(ids) == 0 {
			continue
		}
		var events, transitions []float64
		for _, id := range ids[max(0, len(ids)-sample):] {
			described, err := temporal.DescribeWorkflowExecution(ctx, sagas.WorkflowID(id), "")
			if err != nil {
				return fmt.Errorf("describe the workflow of order %s: %w", id, err)
			}
			events = append(events, float64(described.GetWorkflowExecutionInfo().GetHistoryLength()))
			transitions = append(transitions, float64(described.GetWorkflowExecutionInfo().GetStateTransitionCount()))
		}
		c.HistoryEvents, c.StateTransitions = int64(median(events)), int64(median(transitions))
	}
	return nil
}
