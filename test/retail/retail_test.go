// Package retail_test replays real invoices with examples/onlineretail, as its users do, against
// every program deployed and every engine real.
package retail_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// popular is a product that several of the first invoices have.
const popular = "85123A"

func TestReplayOfRealInvoices(t *testing.T) {
	program, data := build(t), invoices(t)
	s := shop.Open(t, shop.Options{})

	first := program.replay(t, s, data, "--limit", "120")
	t.Run("confirms every sellable invoice", func(t *testing.T) {
		require.Zero(t, first.exit, "%s", first.says)
		assert.Positive(t, first.Sellable)
		assert.Equal(t, first.Sellable, first.Confirmed.Invoices)
		assert.Empty(t, first.Rejected)
		assert.Empty(t, first.Failed)
		assert.Zero(t, first.Replayed.Invoices)
		assert.Positive(t, first.Charged)
		assert.Equal(t, first.Sellable, first.LatencyMS.Samples)
	})
	t.Run("accounts for every row", func(t *testing.T) { first.assertAddsUp(t) })
	t.Run("sells all that it received", func(t *testing.T) {
		assert.Equal(t, first.Confirmed.Units, first.Stock.Received)
		stock := s.Stock(popular)
		assert.Positive(t, stock.OnHand)
		assert.Equal(t, stock.OnHand, stock.Reserved)
	})
	t.Run("creates nothing when it is run again", func(t *testing.T) {
		stock := s.Stock(popular)
		again := program.replay(t, s, data, "--limit", "120")
		require.Zero(t, again.exit, "%s", again.says)
		again.assertAddsUp(t)
		assert.Equal(t, first.Confirmed, again.Confirmed)
		assert.Equal(t, first.Confirmed, again.Replayed)
		assert.Equal(t, first.Charged, again.Charged)
		assert.Zero(t, again.Products.Created+again.Products.Conflicts)
		assert.Equal(t, first.Products.Created, again.Products.Unchanged)
		assert.Zero(t, again.Stock.Received)
		assert.Equal(t, first.Stock.Received, again.Stock.ReceivedEarlier)
		assert.Equal(t, stock, s.Stock(popular))
		testkit.Eventually(t, "the list to have one order for each invoice", func() bool { return orders(t, s) == first.Sellable })
	})
	t.Run("says what went wrong, and fails", func(t *testing.T) {
		declined := program.replay(t, s, data, "--limit", "3", "--run", "declined", "--card", "card_declined")
		assert.Equal(t, 1, declined.exit)
		declined.assertAddsUp(t)
		assert.Equal(t, declined.Sellable, declined.Rejected["payment-declined"].Invoices)
		assert.Contains(t, declined.says, "payment-declined")
		assert.Contains(t, declined.says, "invoice ")
	})
	t.Run("does not mind a service that dies in the middle", func(t *testing.T) {
		before := s.Stock(popular).OnHand
		finish := program.start(t, s, data, "--limit", "40", "--run", "crash")
		testkit.Eventually(t, "the delivery for the next orders", func() bool { return s.Stock(popular).OnHand > before })
		s.Kill(shop.Orders)
		s.Start(shop.Orders)
		crashed := finish()
		require.Zero(t, crashed.exit, "%s", crashed.says)
		crashed.assertAddsUp(t)
		assert.Equal(t, crashed.Sellable, crashed.Confirmed.Invoices)
	})
}

func TestReplayWithTooLittleStock(t *testing.T) {
	program, data := build(t), invoices(t)
	s := shop.Open(t, shop.Options{})
	// The shops of one test program share a Temporal namespace: the same customers with the same
	// keys would meet the sagas of the other shop.
	short := program.replay(t, s, data, "--limit", "120", "--stock-factor", "0.8", "--run", "short")
	require.Zero(t, short.exit, "too little stock was asked for: %s", short.says)
	short.assertAddsUp(t)
	assert.Empty(t, short.Failed)
	assert.Positive(t, short.Confirmed.Invoices)
	assert.Positive(t, short.Rejected["out-of-stock"].Invoices)
	assert.Len(t, short.Rejected, 1)
	assert.Equal(t, short.Sellable, short.Confirmed.Invoices+short.Rejected["out-of-stock"].Invoices)
	assert.LessOrEqual(t, short.Confirmed.Units, short.Stock.Received)
}

// orders counts the orders of all customers.
func orders(t *testing.T, s *shop.Shop) (number int) {
	t.Helper()
	for cursor := ""; ; {
		answer := s.Operator().Get(shop.Orders, "/v1/orders?limit=100&cursor="+url.QueryEscape(cursor))
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer)
		var page struct {
			Orders     []struct{} `json:"orders"`
			NextCursor string     `json:"next_cursor"`
		}
		require.NoError(t, answer.Into(&page))
		number += len(page.Orders)
		if cursor = page.NextCursor; cursor == "" {
			return number
		}
	}
}
