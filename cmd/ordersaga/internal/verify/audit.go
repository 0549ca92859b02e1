package verify

import (
	"context"
	"iter"

	"github.com/ordersaga/ordersaga/client"
)

// order by the log.
type order struct{ client.AuditOrder }

// reservation is what an order has of the stock.
type reservation struct{ client.AuditReservation }

type payment struct{ client.AuditPayment }

// books is what the services say of orders, by the order's id.
type books struct {
	orders       map[string]order
	reservations map[string]reservation
	payments     map[string]payment
}

func newBooks() *books {
	return &books{map[string]order{}, map[string]reservation{}, map[string]payment{}}
}

func (b *books) addOrder(o client.AuditOrder)             { b.orders[o.ID] = order{o} }
func (b *books) addReservation(r client.AuditReservation) { b.reservations[r.OrderID] = reservation{r} }
func (b *books) addPayment(p client.AuditPayment)         { b.payments[p.OrderID] = payment{p} }

// all reads everything, the orders last: what was reserved or paid for an order came after the
// order, so none of them seems to have no order.
func all(ctx context.Context, c *client.Client) (*books, error) {
	b := newBooks()
	if err := each(c.AuditReservations(ctx), b.addReservation); err != nil {
		return nil, err
	}
	if err := each(c.AuditPayments(ctx), b.addPayment); err != nil {
		return nil, err
	}
	return b, each(c.AuditOrders(ctx), b.addOrder)
}

// each reads a list to its end.
func each[T any](list iter.Seq2[T, error], visit func(T)) error {
	for item, err := range list {
		if err != nil {
			return err
		}
		visit(item)
	}
	return nil
}

// again reads some orders once more, the orders first: what a settled order says was true of stock
// and money before.
func again(ctx context.Context, c *client.Client, ids []string) (*books, error) {
	b := newBooks()
	for len(ids) > 0 {
		some := ids[:min(client.MaxAudited, len(ids))]
		ids = ids[len(some):]
		orders, err := c.AuditOrdersByID(ctx, some)
		if err != nil {
			return nil, err
		}
		reservations, err := c.AuditReservationsByID(ctx, some)
		if err != nil {
			return nil, err
		}
		payments, err := c.AuditPaymentsByID(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, o := range orders {
			b.addOrder(o)
		}
		for _, r := range reservations {
			b.addReservation(r)
		}
		for _, p := range payments {
			b.addPayment(p)
		}
	}
	return b, nil
}
