package auditstock_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/queries/auditstock"
)

type lines = inventorytest.Lines

func audit(t *testing.T, w *inventorytest.World) auditstock.AuditStock {
	t.Helper()
	answer := w.Operator(t, http.MethodGet, "/v1/audit/stock", "")
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	var found auditstock.AuditStock
	answer.Into(t, &found)
	return found
}

func TestAllStockAddedUp(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10, "cup": 5})
	for range 2 {
		require.NoError(t, w.Reserve(t, inventorytest.NewOrder(), lines{"mug": 2, "cup": 1}))
	}
	released := inventorytest.NewOrder()
	require.NoError(t, w.Reserve(t, released, lines{"mug": 1}))
	require.NoError(t, w.Release(t, released))
	assert.Equal(t, auditstock.AuditStock{
		SKUs: 2, OnHand: 15, Reserved: 6, Received: 15, LiveReservations: 2, LiveUnits: 6, Movements: 8, Offenders: []auditstock.StockImbalance{},
	}, audit(t, w))
	assert.Equal(t, http.StatusForbidden, w.Shopper(t, http.MethodGet, "/v1/audit/stock", "").Status)
}

func TestWhatContradictsItselfIsNamed(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"mug": 10, "cup": 5})
	require.NoError(t, w.Reserve(t, inventorytest.NewOrder(), lines{"mug": 2}))
	for name, damage := range map[string]struct {
		plant, heal string
		problems    []string
	}{
		"a level": {
			`UPDATE stock_items SET reserved = 3 WHERE sku = 'mug'`, `UPDATE stock_items SET reserved = 2 WHERE sku = 'mug'`,
			[]string{"3 reserved, but live reservations have 2", "3 reserved, but the journal says 2"},
		},
		"a line": {
			`UPDATE reservation_lines SET held = 0, expired = 2`, `UPDATE reservation_lines SET held = 2, expired = 0`,
			[]string{"2 reserved, but live reservations have 0"},
		},
		"a line whose units are not all in one place": {
			`ALTER TABLE reservation_lines DROP CONSTRAINT every_unit_is_in_one_place;
				UPDATE reservation_lines SET reserved = 3`,
			`UPDATE reservation_lines SET reserved = 2;
				ALTER TABLE reservation_lines ADD CONSTRAINT every_unit_is_in_one_place CHECK (reserved = held + allocated + shipped + released + expired)`,
			[]string{"1 lines whose units do not add up"},
		},
		"units that nobody wrote off": {
			`UPDATE stock_items SET written_off = 1, on_hand = 9 WHERE sku = 'mug'`, `UPDATE stock_items SET written_off = 0, on_hand = 10 WHERE sku = 'mug'`,
			[]string{"1 written off, but the journal says 0"},
		},
		"a hold that no sweep finds": {
			`UPDATE reservations SET state = 'released', freed_at = now()`,
			`UPDATE reservations SET state = 'held', freed_at = NULL`,
			[]string{"2 held, allocated or shipped by reservations that are not"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			change := func(statements string) {
				for statement := range strings.SplitSeq(statements, ";") {
					_, err := w.DB.SQL.ExecContext(t.Context(), statement)
					require.NoError(t, err)
				}
			}
			change(damage.plant)
			found := audit(t, w)
			assert.EqualValues(t, 1, found.Wrong)
			assert.Equal(t, []auditstock.StockImbalance{{SKU: "mug", Problems: damage.problems}}, found.Offenders)
			change(damage.heal)
			assert.Zero(t, audit(t, w).Wrong)
		})
	}
}

func TestUnitsThatLeftAreThoseOfTheReservations(t *testing.T) {
	w := inventorytest.New(t)
	w.Receive(t, lines{"cup": 5})
	order := w.Ship(t, lines{"cup": 3})
	assert.Equal(t, auditstock.AuditStock{SKUs: 1, OnHand: 2, Received: 5, Shipped: 3, Movements: 4, Offenders: []auditstock.StockImbalance{}}, audit(t, w))

	change := func(statement string, args ...any) {
		_, err := w.DB.SQL.ExecContext(t.Context(), statement, args...)
		require.NoError(t, err)
	}
	change(`UPDATE reservations SET state = 'allocated' WHERE order_id = $1`, order)
	assert.Equal(t, []auditstock.StockImbalance{{SKU: "cup", Problems: []string{"3 held, allocated or shipped by reservations that are not"}}}, audit(t, w).Offenders)
	change(`UPDATE reservations SET state = 'shipped' WHERE order_id = $1`, order)
	change(`UPDATE stock_items SET shipped = 4, on_hand = 1`)
	assert.Equal(t, []auditstock.StockImbalance{{SKU: "cup", Problems: []string{
		"4 shipped, but reservations have 3 that left", "4 shipped, but the journal says 3",
	}}}, audit(t, w).Offenders)
	change(`UPDATE stock_items SET shipped = 3, on_hand = 2`)
	assert.Empty(t, audit(t, w).Offenders)
}
