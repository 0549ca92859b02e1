package verify

import (
	"context"
	"net/url"
	"strings"
)

// The services that have audit calls.
const (
	orders    = "orders"
	catalog   = "catalog"
	inventory = "inventory"
	payments  = "payments"
)

// Ask makes a GET request of a service and decodes its answer.
type Ask func(ctx context.Context, service, path string, query url.Values, into any) error

// order by the log.
type order struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Total  money  `json:"total"`
	Units  int64  `json:"units"`
	// OpenSaga is the kind of the saga that works on it, empty when none does.
	OpenSaga string `json:"open_saga"`
	Stuck    *struct {
		Steps []struct {
			Step      string `json:"step"`
			LastError string `json:"last_error"`
		} `json:"steps"`
	} `json:"stuck"`
}

// unreadable is an order that the running version of orders cannot read.
type unreadable struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

type money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// reservation is what an order has of the stock, in units.
type reservation struct {
	OrderID   string `json:"order_id"`
	Held      int64  `json:"held"`
	Allocated int64  `json:"allocated"`
	Shipped   int64  `json:"shipped"`
	Released  int64  `json:"released"`
	Expired   int64  `json:"expired"`
}

type payment struct {
	OrderID    string   `json:"order_id"`
	Status     string   `json:"status"`
	Amount     int64    `json:"amount"`
	Currency   string   `json:"currency"`
	Unfinished int      `json:"unfinished"`
	Problems   []string `json:"problems"`
}

// page is one of any list; the list itself has another name in each.
type page struct {
	Orders       []order       `json:"orders"`
	Unreadable   []unreadable  `json:"unreadable"`
	Reservations []reservation `json:"reservations"`
	Payments     []payment     `json:"payments"`
	Products     []product     `json:"products"`
	Levels       []level       `json:"levels"`
	Next         string        `json:"next_cursor"`
}

// each reads a list to its end.
func (a Ask) each(ctx context.Context, service, path string, visit func(page)) error {
	query := url.Values{}
	for {
		var answer page
		if err := a(ctx, service, path, query, &answer); err != nil {
			return err
		}
		visit(answer)
		if answer.Next == "" {
			return nil
		}
		query.Set("cursor", answer.Next)
	}
}

// books is what the services say of orders, by the order's id.
type books struct {
	orders       map[string]order
	unreadable   map[string]unreadable
	reservations map[string]reservation
	payments     map[string]payment
}

func newBooks() *books {
	return &books{map[string]order{}, map[string]unreadable{}, map[string]reservation{}, map[string]payment{}}
}

func (b *books) add(p page) {
	for _, o := range p.Orders {
		b.orders[o.ID] = o
	}
	for _, u := range p.Unreadable {
		b.unreadable[u.ID] = u
	}
	for _, r := range p.Reservations {
		b.reservations[r.OrderID] = r
	}
	for _, p := range p.Payments {
		b.payments[p.OrderID] = p
	}
}

// all reads everything, the orders last: what was reserved or paid for an order
// came after the order, so none of them seems to have no order.
func (a Ask) all(ctx context.Context) (*books, error) {
	b := newBooks()
	for _, list := range [][2]string{
		{inventory, "/v1/audit/reservations"}, {payments, "/v1/audit/payments"}, {orders, "/v1/audit/orders"},
	} {
		if err := a.each(ctx, list[0], list[1], b.add); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// perQuestion is how many orders a service can be asked for by id at once.
const perQuestion = 100

// again reads some orders once more, the orders first: what a settled order says
// was true of stock and money before.
func (a Ask) again(ctx context.Context, ids []string) (*books, error) {
	b := newBooks()
	for len(ids) > 0 {
		some := ids[:min(perQuestion, len(ids))]
		ids = ids[len(some):]
		query := url.Values{"orders": {strings.Join(some, ",")}}
		for _, list := range [][2]string{
			{orders, "/v1/audit/orders"}, {inventory, "/v1/audit/reservations"}, {payments, "/v1/audit/payments"},
		} {
			var answer page
			if err := a(ctx, list[0], list[1], query, &answer); err != nil {
				return nil, err
			}
			b.add(answer)
		}
	}
	return b, nil
}
