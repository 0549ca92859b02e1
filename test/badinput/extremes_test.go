package badinput_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// takesExtremes orders what stands at the edges of what the REST border takes. Every border behind
// it must take it too, or answer with a refusal: an order that one of them does not take would wait
// for an operator.
func (w *world) takesExtremes(t *testing.T) {
	operator := w.Operator()
	long := strings.Repeat("X", 64)
	sell := func(sku, name string, price, units int64) {
		made := operator.Post(shop.Catalog, "/v1/products", map[string]any{
			"sku": sku, "name": name, "description": strings.Repeat("\U0001F375", 5000), "price": map[string]any{"amount": price, "currency": "GBP"},
		})
		require.Equal(t, http.StatusCreated, made.Status, "%s", made)
		received := operator.Post(shop.Inventory, "/v1/stock/receipts", map[string]any{"lines": []shop.Line{{SKU: sku, Quantity: units}}},
			"Idempotency-Key", "first-delivery-of-"+sku)
		require.Equal(t, http.StatusCreated, received.Status, "%s", received)
	}
	sell(long, strings.Repeat("\U0001F375", 200), 1, 1_000)
	sell("sand", "Sand", 1, 100_000)
	sell("gift", "Gift", 0, 10)
	thousand := func(sku string) (lines []shop.Line) {
		for range 1000 {
			lines = append(lines, shop.Line{SKU: sku, Quantity: 1})
		}
		return lines
	}
	basket := func(card string, lines ...shop.Line) shop.Basket {
		return shop.Basket{Currency: "GBP", Lines: lines, PaymentMethod: card}
	}
	for _, test := range []struct {
		name, customer, key string
		basket              shop.Basket
		status              int
	}{
		{"1,000 lines of long names", strings.Repeat(`"`, 255), strings.Repeat("~", 255), basket("card_approve", thousand(long)...), 201},
		{"1,000 lines of which there is no more", "anna", "short", basket("card_approve", thousand(long)...), 422},
		{"1,000 lines that nobody sells", strings.Repeat("\U0001F375", 63), "k", basket("card_approve", thousand(strings.Repeat("ß", 64))...), 422},
		{"100,000 units", "anna", "units", basket("card_approve", shop.Line{SKU: "sand", Quantity: 100_000}), 201},
		{"nothing to pay", "anna", "gift", basket("card_approve", shop.Line{SKU: "gift", Quantity: 1}), 201},
		{"the highest sum", "anna", "palace", basket("card_approve", shop.Line{SKU: "palace", Quantity: 1}), 201},
		{"a sum beyond all amounts", "anna", "palaces", basket("card_approve", shop.Line{SKU: "palace", Quantity: 100_000}), 422},
		{"a long payment method", "anna", "method", basket(strings.Repeat("~", 200), shop.Line{SKU: "tea", Quantity: 1}), 422},
		{"a short payment method", "anna", "short method", basket("!", shop.Line{SKU: "tea", Quantity: 1}), 422},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := w.Bearer(testkit.Token(t, test.customer)).Place(test.key, test.basket)
			assert.Equal(t, test.status, answer.Status, "%.2000s", answer)
		})
	}
}
