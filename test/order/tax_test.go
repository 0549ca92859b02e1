package order_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/test/shop"
)

// From the setting to the money: units have the tax of their category's rate, and not a share of the
// order's tax, when they are charged and when they are given back.
func TestUnitsMoveTheTaxOfTheirCategory(t *testing.T) {
	s := shop.Open(t, shop.Options{Env: map[string][]string{
		shop.Catalog: {"PRICING_SHIPPING_FLAT=GBP:400", "PRICING_TAX_PERCENT=20", "PRICING_TAX_PERCENT_BY_CATEGORY=books:5"},
		shop.Orders:  {"CAPTURE=all"},
	}})
	d := &department{Shop: s}
	operator := s.Operator()
	for _, category := range []map[string]any{{"id": "books", "name": "Books"}, {"id": "novels", "name": "Novels", "parent": "books"}} {
		made := operator.Post(shop.Catalog, "/v1/categories", category)
		require.Equal(t, http.StatusCreated, made.Status, "%s", made)
	}
	made := operator.Post(shop.Catalog, "/v1/products", map[string]any{
		"sku": "novel", "name": "Product novel", "price": shop.Money{Amount: 999, Currency: "GBP"}, "categories": []string{"novels"},
	})
	require.Equal(t, http.StatusCreated, made.Status, "%s", made)
	s.Sells("toy", 250, 10)
	received := operator.Post(shop.Inventory, "/v1/stock/receipts", map[string]any{"lines": []shop.Line{{SKU: "novel", Quantity: 10}}}, "Idempotency-Key", "novels")
	require.Equal(t, http.StatusCreated, received.Status, "%s", received)

	placed := s.Customer("anna").Place("taxed", shop.Basket{
		Currency: "GBP", Lines: []shop.Line{{SKU: "novel", Quantity: 3}, {SKU: "toy", Quantity: 2}}, PaymentMethod: "card_approve",
	})
	require.Equal(t, http.StatusCreated, placed.Status, "%s", placed)
	var order struct {
		ID    string
		Total money
		Lines []struct{ Tax *money }
	}
	require.NoError(t, placed.Into(&order))
	// 5 % of 2997, 20 % of 500, and of 400 of shipping at the average of 7.14 %.
	assert.EqualValues(t, 2997+500+400+150+100+29, order.Total.Amount)
	require.Len(t, order.Lines, 2)
	assert.Equal(t, &money{150}, order.Lines[0].Tax)
	assert.Equal(t, &money{100}, order.Lines[1].Tax)
	printed, exit := s.Run("order", "get", order.ID)
	require.Zero(t, exit, "%s", printed)
	assert.Regexp(t, `UNIT PRICE +TAX`, printed)
	assert.Regexp(t, `novel .*£9\.99 +£1\.50`, printed)

	assert.EqualValues(t, 999+50+400+29, d.ships(t, order.ID, 1, 1).Amount.Amount, "a novel with its tax, and shipping")
	assert.EqualValues(t, 250+50, d.cancels(t, order.ID, 2, 1).Refunded.Amount, "a toy with its tax")
	assert.EqualValues(t, 999+50, d.cancels(t, order.ID, 1, 1).Refunded.Amount, "a novel with its tax")
	assert.EqualValues(t, 999+50+250+50, d.ships(t, order.ID).Amount.Amount, "the rest")
	captures, refunds, held := d.provider(t, order.ID)
	assert.Equal(t, []int64{order.Total.Amount}, captures)
	assert.ElementsMatch(t, []int64{300, 1049}, refunds)
	assert.Zero(t, held)

	printed, exit = s.Run("verify", "--settle", "2m")
	assert.Zero(t, exit, "%s", printed)
}
