package verify

import (
	"context"
	"iter"
	"slices"

	"github.com/ordersaga/ordersaga/client"
)

// order by the log.
type order struct{ client.AuditOrder }

// reservation is the stock reserved by an order.
type reservation struct{ client.AuditReservation }

type payment struct{ client.AuditPayment }

// books has the services' records of orders, by the order's id.
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

// all reads everything, the orders last: an order is recorded before its reservation and payment,
// so each of these has its order.
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

// each calls visit for all items of a list.
func each[T any](list iter.Seq2[T, error], visit func(T)) error {
	for item, err := range list {
		if err != nil {
			return err
		}
		visit(item)
	}
	return nil
}

// again reads some orders once more, the orders first: when an order is settled, its stock and
// payment were settled before.
func again(ctx context.Context, c *client.Client, ids []string) (*books, error) {
	b := newBooks()
	for some := range slices.Chunk(ids, client.MaxAudited) {
		err := add(ctx, some, c.AuditOrdersByID, b.addOrder)
		if err == nil {
			err = add(ctx, some, c.AuditReservationsByID, b.addReservation)
		}
		if err == nil {
			err = add(ctx, some, c.AuditPaymentsByID, b.addPayment)
		}
		if err != nil {
			return nil, err
		}
	}
	return b, nil
}

// add reads the records of some orders.
func add[T any](ctx context.Context, ids []string, read func(context.Context, []string) ([]T, error), visit func(T)) error {
	records, err := read(ctx, ids)
	for _, record := range records {
		visit(record)
	}
	return err
}
