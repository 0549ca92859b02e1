package verify_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/test/shop"
)

// aFee is an order of three teas of which some are cancelled for a fee of 100.
func aFee(t *testing.T, s *shop.Shop, customer string, units int) (id string) {
	t.Helper()
	placed := s.Customer(customer).Place("fee", shop.Of("tea", 3, "card_approve"))
	require.Equal(t, http.StatusCreated, placed.Status, "%s", placed)
	id = placed.Field("id").(string)
	cancelled := s.Operator().Post(shop.Orders, "/v1/orders/"+id+"/cancellations", map[string]any{
		"reason": "customer", "lines": []any{map[string]any{"line": 1, "quantity": units}}, "fee": shop.Money{Amount: 100, Currency: "GBP"},
	}, "Idempotency-Key", "fee", "If-Match", "*")
	require.Equal(t, http.StatusCreated, cancelled.Status, "%s", cancelled)
	return id
}

// A fee that one book has otherwise is named, whichever book it is.
func namesWrongFees(t *testing.T, s *shop.Shop) {
	partly, whole := aFee(t, s, "partly", 2), aFee(t, s, "whole", 3)
	const fee = `UPDATE events SET data = jsonb_set(data, '{fee,amount}', $2::jsonb) WHERE stream = 'order-' || $1 AND type = 'UnitsCancelled.v1'`
	event := func(id, amount string) func(t *testing.T) {
		return func(t *testing.T) { t.Helper(); execute(t, s.SQL(shop.Orders), fee, id, amount) }
	}
	for _, wrong := range []damage{
		{"in the order", "I2", "order " + partly + ": by the order 101 GBP are kept as fees, and by its payment 100", event(partly, "101"), event(partly, "100")},
		{"in a cancelled order", "I2", "order " + whole + ": it is cancelled, of which 101 GBP are kept as a fee, and 100 are charged", event(whole, "101"), event(whole, "100")},
		bySQL(s, shop.Payments, "in the journal", "I2", "order "+partly+": by the order 100 GBP are kept as fees, and by its payment 99",
			`UPDATE operations SET fee = fee - 1 WHERE order_id = '`+partly+`' AND kind = 'capture'`,
			`UPDATE operations SET fee = fee + 1 WHERE order_id = '`+partly+`' AND kind = 'capture'`),
		bySQL(s, shop.Payments, "in the ledger", "I2", "order "+whole+": the ledger has -99 GBP in the account fees, the journal makes it -100",
			`UPDATE ledger SET amounts = '{-99,99}' WHERE order_id = '`+whole+`' AND 'fees' = ANY (accounts)`,
			`UPDATE ledger SET amounts = '{-100,100}' WHERE order_id = '`+whole+`' AND 'fees' = ANY (accounts)`),
	} {
		t.Run(wrong.name, func(t *testing.T) {
			wrong.plant(t)
			found, code := verify(t, s, "3s")
			assert.Equal(t, 3, code)
			assert.Contains(t, strings.Join(found.violated()[wrong.invariant], "\n"), wrong.says, "%v", found.violated())
			printed, code := s.Run("payments", "reconcile")
			switch wrong.name {
			case "in the journal":
				assert.Contains(t, printed, "the ledger has -100 GBP in the account fees, the journal makes it -99")
				assert.Equal(t, 1, code, "%s", printed)
			case "in the ledger":
				assert.Contains(t, printed, "the ledger has -99 GBP in the account fees, the journal makes it -100")
				assert.Equal(t, 1, code, "%s", printed)
			default: // orders' books are not the provider's affair
				assert.Zero(t, code, "%s", printed)
			}
			wrong.heal(t)
			healed, code := verify(t, s, "2m")
			assert.Zero(t, code, "%v", healed.violated())
		})
	}
}
