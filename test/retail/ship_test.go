package retail_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

const (
	// sold invoices of a small shop, of which some are cancelled.
	sold = 30
	// withdrawn are those that are cancelled as a whole, and part those of which some units are.
	withdrawn, part = 3, 4
)

// smallShop writes invoices of a few customers, with cancellations of whole orders and of units.
func smallShop(t *testing.T) (path string) {
	t.Helper()
	var file strings.Builder
	row := func(invoice string, product, units, customer int) {
		fmt.Fprintf(&file, "%s,1000%d,PRODUCT %d,%d,2020-01-02 09:00:00,%d.%02d,%d,Utopia\n", invoice, product, product, units, product, 7*product, customer)
	}
	file.WriteString("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n")
	for i := range sold {
		for line := range 1 + i%4 {
			row(fmt.Sprint(700001+i), 1+(i+line)%6, 1+(i*7+line*3)%9, 100+i) // a customer of its own: what is cancelled is clear
		}
	}
	for i := range withdrawn + part {
		lines := 1 + i%4
		if i >= withdrawn {
			lines = 1
		}
		for line := range lines {
			units := 1 + (i*7+line*3)%9
			if i >= withdrawn {
				units = (units + 1) / 2
			}
			row(fmt.Sprint("C", 800001+i), 1+(i+line)%6, -units, 100+i)
		}
	}
	row("C900001", 1, -1, 999) // sold by another file
	path = filepath.Join(t.TempDir(), "small.csv")
	require.NoError(t, os.WriteFile(path, []byte(file.String()), 0o600))
	return path
}

// parts of what was placed.
type parts struct{ Placed, Shipped, Cancelled, Open int64 }

func (r report) assertShipped(t *testing.T) {
	t.Helper()
	require.Zero(t, r.exit, "%s", r.says)
	r.assertAddsUp(t)
	require.NotNil(t, r.Shipping)
	assert.Equal(t, sold, r.Shipping.Orders)
	assert.Equal(t, sold, r.Confirmed.Invoices)
	assert.Equal(t, withdrawn+part, r.CarriedOut.Invoices)
	assert.Equal(t, 1, r.Cancelled.Invoices, "of another file's goods")
	assert.Greater(t, r.Shipping.Shipments, sold, "orders have one to three")
	for name, p := range map[string]parts{"units": r.Shipping.Units, "money": r.Shipping.Money} {
		assert.Equal(t, p.Placed, p.Shipped+p.Cancelled+p.Open, name)
		assert.Zero(t, p.Open, name)
		assert.Positive(t, p.Cancelled, name)
	}
	assert.Equal(t, r.Confirmed.Units, r.Shipping.Units.Placed)
	assert.Equal(t, r.Charged, r.Shipping.Money.Placed)
	assert.Equal(t, r.Shipping.Money.Shipped, r.Shipping.Captured-r.Shipping.Refunded)
}

// assertBooksAgree asserts that verify and reconcile find nothing, and that the ledger has to the
// minor unit what the provider says it owes.
func assertBooksAgree(t *testing.T, s *shop.Shop, r report) {
	t.Helper()
	printed, code := s.Run("verify", "--settle", "2m")
	assert.Zero(t, code, "%s", printed)
	printed, code = s.Run("payments", "reconcile", "--json")
	assert.Zero(t, code, "%s", printed)
	var reconciled struct {
		Sums []struct {
			Captured, Refunded, Open int64
			ProviderBalance          int64 `json:"provider_balance"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(printed), &reconciled), "%s", printed)
	require.Len(t, reconciled.Sums, 1)
	books := s.Provider().Get(shop.Paysim, "/v1/books")
	require.Equal(t, http.StatusOK, books.Status, "%s", books)
	var provider struct {
		Balances []struct{ Captured, Refunded, Balance int64 }
	}
	require.NoError(t, books.Into(&provider))
	require.Len(t, provider.Balances, 1)
	ours, theirs := reconciled.Sums[0], provider.Balances[0]
	assert.Equal(t, []int64{theirs.Captured, theirs.Refunded, theirs.Balance}, []int64{ours.Captured, ours.Refunded, ours.ProviderBalance})
	assert.Equal(t, r.Shipping.Money.Shipped, theirs.Balance, "what was shipped was paid, and nothing else")
	assert.Zero(t, ours.Open, "nothing is held any more")
}

// shippedLines counts what has left.
func shippedLines(t *testing.T, inventory *sql.DB) (lines int) {
	t.Helper()
	require.NoError(t, inventory.QueryRowContext(t.Context(), `SELECT count(*) FROM movements WHERE kind = 'ship'`).Scan(&lines))
	return lines
}

func TestOrdersAreShippedAndTheBooksAgreeWhateverDies(t *testing.T) {
	program, data := build(t), smallShop(t)
	s := shop.Open(t, shop.Options{})
	inventory := s.SQL(shop.Inventory)
	finish := program.start(t, s, data, "--ship", "--concurrency", "4")
	for i, dies := range []string{shop.Worker, shop.Payments, shop.Inventory} {
		testkit.Eventually(t, "some shipments before "+dies+" dies", func() bool { return shippedLines(t, inventory) > 12*i })
		s.Kill(dies)
		s.Start(dies)
	}
	first := finish()
	first.assertShipped(t)
	assertBooksAgree(t, s, first)

	again := program.replay(t, s, data, "--ship")
	again.assertShipped(t)
	assert.Equal(t, first.Shipping, again.Shipping, "the same once more changes nothing")
	assertBooksAgree(t, s, again)
}

func TestOrdersThatAreCapturedWithTheirFirstShipment(t *testing.T) {
	program, data := build(t), smallShop(t)
	s := shop.Open(t, shop.Options{Env: map[string][]string{shop.Orders: {"CAPTURE=all"}}})
	all := program.replay(t, s, data, "--ship", "--run", "all")
	all.assertShipped(t)
	assertBooksAgree(t, s, all)
}
