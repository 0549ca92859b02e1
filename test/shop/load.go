package shop

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ordersaga/ordersaga/platform/testkit"
)

// Load is a number of customers who order at once, one unit of one SKU each, with cards that are
// approved, slow and declined in turn.
type Load struct {
	t        testing.TB
	shop     *Shop
	sku      string
	buyer    *Person
	orders   int
	begun    atomic.Int32
	half     chan struct{}
	all      sync.WaitGroup
	received int64
}

// Load puts the SKU on sale and lets the customers begin.
func (s *Shop) Load(t testing.TB, sku string, orders int) *Load {
	t.Helper()
	l := &Load{t: t, shop: s, sku: sku, buyer: s.Customer("buyers-of-" + sku), orders: orders, half: make(chan struct{}), received: 1000}
	s.Sells(sku, 100, l.received)
	for i := range orders {
		l.all.Go(func() { l.order(i) })
	}
	return l
}

// order sends a request until it is answered with what became of it, as a shop front does: whoever
// takes orders may be the one that is down.
func (l *Load) order(i int) {
	if l.begun.Add(1) == int32(l.orders/2) {
		close(l.half)
	}
	card := []string{"card_approve", "card_slow", "card_declined"}[i%3]
	testkit.Eventually(l.t, fmt.Sprintf("order %d of %s to be taken", i, l.sku), func() bool {
		answer, err := l.buyer.TryPlace(fmt.Sprint("order-", i), Of(l.sku, 1, card), "Prefer", "wait=5")
		return err == nil && (answer.Status == http.StatusCreated || answer.Status == http.StatusAccepted ||
			answer.Status == http.StatusUnprocessableEntity)
	})
}

// UnderWay waits until half of the customers have begun.
func (l *Load) UnderWay() { <-l.half }

// Settles waits until every order is settled, checks that stock, payments and the provider's books
// agree with what the customers were told, and has the whole shop verified.
func (l *Load) Settles() {
	l.t.Helper()
	l.all.Wait()
	var settled []listed
	testkit.Eventually(l.t, "every order of "+l.sku+" to be settled and listed", func() bool {
		var list struct {
			Orders []listed `json:"orders"`
			Behind int64    `json:"behind"`
		}
		answer, err := l.buyer.try(http.MethodGet, Orders, "/v1/orders?limit=100", nil, nil)
		if err != nil || answer.Status != http.StatusOK {
			return false
		}
		if err := answer.Into(&list); err != nil {
			l.t.Fatal(err)
		}
		settled = list.Orders
		return list.Behind == 0 && len(settled) == l.orders && !slices.ContainsFunc(settled, func(o listed) bool { return o.Status == "placed" })
	})
	var confirmed int64
	for _, order := range settled {
		books := l.shop.Books(order.ID)
		open := 0
		if order.Status == "confirmed" {
			confirmed++
			open = 1
		}
		if books.Open != open || books.Authorized > 1 {
			l.t.Errorf("order %s is %s, the provider has %+v", order.ID, order.Status, books)
		}
	}
	if stock := l.shop.Stock(l.sku); stock.OnHand != l.received || stock.Reserved != confirmed {
		l.t.Errorf("%d orders of %s are confirmed, the stock is %+v", confirmed, l.sku, stock)
	}
	if confirmed == 0 {
		l.t.Errorf("no order of %s was confirmed: %+v", l.sku, settled)
	}
	// An engine that was taken away may take a minute to be back, and what goes by it comes after that.
	if found, exit := l.shop.Run("verify", "--settle", "2m"); exit != 0 {
		l.t.Errorf("ordersaga verify ends with %d:\n%s", exit, found)
	}
}

// listed is an order as a list shows it.
type listed struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}
