package races_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/test/shop"
)

func TestFiveHundredBuyersOfAHundredUnitsGetExactlyAHundred(t *testing.T) {
	const buyers, units, crowd = 500, 100, 32
	s := shop.Open(t, shop.Options{})
	s.Sells("ticket", 4500, units)
	people := customers(s, buyers)
	h := newHistory()

	got := make([]outcome, buyers)
	atOnce(buyers, crowd, func(i int) {
		begun := h.now()
		got[i] = buys(t, people[i], "my-ticket", shop.Of("ticket", 1, "card_approve"))
		if got[i].status != "" {
			h.add(begun, operation{kind: take, sku: "ticket", quantity: 1, order: got[i].id}, got[i].told())
		}
		if i%20 == 0 {
			looks(s, h, "ticket")
		}
	})

	books := booksOf(t, s)
	confirmed := 0
	for _, got := range got {
		if got.status == sagas.StatusConfirmed {
			confirmed++
			assert.Equal(t, shop.Books{Authorized: 1, Open: 1}, books[got.id], "a buyer with a ticket is charged once")
			continue
		}
		assert.Equal(t, "out-of-stock", got.reason)
		assert.Zero(t, books[got.id], "a buyer without a ticket is not charged")
	}
	assert.Equal(t, units, confirmed)
	assert.Len(t, books, units)
	assert.Equal(t, shop.Stock{OnHand: units, Reserved: units}, s.Stock("ticket"))
	h.isLinearizable(t, s, map[string]int64{"ticket": units})
}

// TestStockIsARegister mixes what moves a level up and down: quantities, several SKUs, and cards
// that are declined, whose stock is held for a moment and given back. Others may be refused in that
// moment, with exactly what was left.
func TestStockIsARegister(t *testing.T) {
	const orders, crowd, most = 60, 16, 3
	units := map[string]int64{"cup": 20, "pot": 20, "tray": 20}
	skus := []string{"cup", "pot", "tray"}
	s := shop.Open(t, shop.Options{})
	for sku, units := range units {
		s.Sells(sku, 700, units)
	}
	people := customers(s, crowd)
	h := newHistory()

	var mu sync.Mutex
	sold := map[string]int64{}
	atOnce(orders, crowd, func(i int) {
		sku, quantity, card := skus[i%len(skus)], 1+rand.Int64N(most), "card_approve"
		if i%5 == 0 {
			card = "card_declined"
		}
		begun := h.now()
		got := buys(t, people[i%crowd], fmt.Sprint("order-", i), shop.Of(sku, quantity, card))
		op := operation{kind: take, sku: sku, quantity: quantity, order: got.id}
		switch {
		case got.status == sagas.StatusConfirmed:
			h.add(begun, op, told{})
			mu.Lock()
			defer mu.Unlock()
			sold[sku] += quantity
		case got.reason == "out-of-stock":
			h.add(begun, op, got.told())
		case assert.Equal(t, "payment-declined", got.reason):
			h.add(begun, op, told{})
			op.kind = giveBack
			h.add(begun, op, told{})
		}
		looks(s, h, sku)
	})

	for sku, units := range units {
		assert.Equal(t, shop.Stock{OnHand: units, Reserved: sold[sku], Available: units - sold[sku]}, s.Stock(sku), sku)
	}
	h.isLinearizable(t, s, units)
}

// TestLinesOfOneSKUCountTogether has everybody want the same two SKUs, one of them on two lines and
// in opposite orders: nobody gets more than there is, and nobody waits for one who waits for them.
func TestLinesOfOneSKUCountTogether(t *testing.T) {
	const orders, crowd, sets = 24, 12, 8
	s := shop.Open(t, shop.Options{})
	s.Sells("plate", 300, 3*sets)
	s.Sells("glass", 200, sets)
	people := customers(s, crowd)

	got := make([]outcome, orders)
	atOnce(orders, crowd, func(i int) {
		lines := []shop.Line{{SKU: "plate", Quantity: 1}, {SKU: "glass", Quantity: 1}, {SKU: "plate", Quantity: 2}}
		if i%2 == 0 {
			lines[0], lines[1] = lines[1], lines[0]
		}
		got[i] = buys(t, people[i%crowd], fmt.Sprint("set-", i),
			shop.Basket{Currency: "GBP", Lines: lines, PaymentMethod: "card_approve"})
	})

	confirmed := 0
	for _, got := range got {
		if got.status == sagas.StatusConfirmed {
			confirmed++
			continue
		}
		assert.Equal(t, "out-of-stock", got.reason)
		assert.Equal(t, []refusals.Shortage{{SKU: "glass", Requested: 1}, {SKU: "plate", Requested: 3}}, got.shortages)
	}
	assert.Equal(t, sets, confirmed)
	assert.Equal(t, shop.Stock{OnHand: 3 * sets, Reserved: 3 * sets}, s.Stock("plate"))
	assert.Equal(t, shop.Stock{OnHand: sets, Reserved: sets}, s.Stock("glass"))
}
