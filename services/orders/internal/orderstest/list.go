package orderstest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderlist"
)

// FillList adds confirmed orders to the live generation of lists, as the projector does, without
// events; customer names that of each, counted from 0. Their numbers begin with 100001.
func FillList(t testing.TB, m *readmodel.Model, count int, customer func(n int) string) {
	t.Helper()
	live, err := m.Live(t.Context())
	check(t, err)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	all := make([]int, count)
	for n := range all {
		all[n] = n
	}
	for some := range slices.Chunk(all, 1000) {
		orders := make([]*domain.Order, len(some))
		entries := make([]readmodel.Entry, len(some))
		for i, n := range some {
			id, total := uuid.NewString(), domain.Money{Amount: 500, Currency: "GBP"}
			orders[i] = domain.Fold(id, []domain.Event{
				{OccurredAt: at, Fact: domain.OrderPlaced{
					CustomerID: customer(n), Total: total, Number: int64(100_001 + n),
					Lines: []domain.Line{{Number: 1, SKU: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 2}},
				}},
				{OccurredAt: at, Fact: domain.OrderConfirmed{CustomerID: customer(n), Total: total}},
			})
			entries[i] = readmodel.Entry{ID: id, Lists: orderlist.Lists(orders[i])}
		}
		places, err := m.Place(t.Context(), live, entries)
		check(t, err)
		documents := make([]any, len(orders))
		for i, order := range orders {
			documents[i] = orderlist.Of(order, places[order.ID()])
		}
		_, err = m.Collection(live).InsertMany(t.Context(), documents)
		check(t, err)
		check(t, m.Show(t.Context(), live, places))
	}
}
