package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/barrier"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
	"github.com/ordersaga/ordersaga/services/inventory/migrations"
)

// An order of each state, from when a reservation had a SKU once and no lines.
func TestReservationsBySKUBecomeReservationsByLine(t *testing.T) {
	db, err := postgres.Open(t.Context(), testkit.Postgres(t))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	require.NoError(t, postgres.Migrate(t.Context(), db, barrier.Migrations))
	before := postgres.Migrations{Name: "service", Files: testkit.Until(t, migrations.Own.Files, "00002_name_version.sql")}
	require.NoError(t, postgres.Migrate(t.Context(), db, before))
	exec := func(statement string, args ...any) {
		t.Helper()
		_, err := db.SQL.ExecContext(t.Context(), statement, args...)
		require.NoError(t, err)
	}
	exec(`INSERT INTO stock_items (sku, on_hand, reserved, received, shipped) VALUES ('Cup', 96, 10, 100, 4), ('apple', 96, 10, 100, 4)`)
	exec(`INSERT INTO movements (sku, kind, quantity, reference) VALUES ('Cup', 'receive', 100, gen_random_uuid()), ('apple', 'receive', 100, gen_random_uuid())`)
	reservedAt := time.Date(2026, 1, 2, 15, 4, 5, 123456000, time.UTC)
	orders := map[string]domain.ReservationID{}
	for _, state := range []string{"held", "allocated", "shipped", "released", "expired"} {
		id := uuid.NewString()
		orders[state] = domain.ReservationID{OrderID: id, Saga: "place-order", Instance: id}
		exec(`INSERT INTO reservations VALUES ($1, $2, $3::timestamptz + interval '1 hour', $3, $3::timestamptz + interval '1 minute')`, id, state, reservedAt)
		quantity := 4
		if state == "held" {
			quantity = 6
		}
		exec(`INSERT INTO reservation_lines VALUES ($1, 'apple', $2), ($1, 'Cup', $2)`, id, quantity)
		exec(`INSERT INTO movements (sku, kind, quantity, reference) VALUES ('apple', 'reserve', $2, $1), ('Cup', 'reserve', $2, $1)`, id, quantity)
		exec(`INSERT INTO barrier (order_id, saga, instance, step, operation, written_by, answer)
			VALUES ($1, 'place-order', $1, 'reserve-stock', 'do', 'do', jsonb_build_object('expires_at', $2::timestamptz + interval '1 hour'))`, id, reservedAt)
	}
	for state, kind := range map[string]string{"shipped": "ship", "released": "release", "expired": "expire"} {
		exec(`INSERT INTO movements (sku, kind, quantity, reference) VALUES ('apple', $2, 4, $1), ('Cup', $2, 4, $1)`, orders[state].OrderID, kind)
	}

	require.NoError(t, postgres.Migrate(t.Context(), db, migrations.All...))

	w := inventorytest.On(t, db)
	for state, id := range orders {
		quantity := "4 "
		if state == "held" {
			quantity = "6 "
		}
		placing := inventorytest.Placing(id.OrderID)
		assert.Equal(t, []string{"1 Cup: " + quantity + state, "2 apple: " + quantity + state}, w.Lines(t, placing), "bytewise by SKU")
		assert.Equal(t, state, w.State(t, id.OrderID))
		history, found, err := store.FindHistory(t.Context(), db, id)
		require.NoError(t, err)
		require.True(t, found)
		assert.True(t, history.ReservedAt.Equal(reservedAt), "%s", history.ReservedAt)
		if freed := state == "released" || state == "expired"; freed {
			assert.True(t, history.FreedAt.Equal(reservedAt.Add(time.Minute)), "%s", history.FreedAt)
		} else {
			assert.Zero(t, history.FreedAt)
		}
		var unnamed int
		require.NoError(t, db.SQL.QueryRowContext(t.Context(), `SELECT count(*) FROM movements JOIN reservation_lines l ON reference = order_id AND movements.sku = l.sku
			WHERE reference = $1 AND movements.line IS DISTINCT FROM l.line`, id.OrderID).Scan(&unnamed))
		assert.Zero(t, unnamed, "the journal names the lines")
	}
	w.CheckInvariants(t)

	// A saga that began before goes on: its reserve is answered as the first time, with when it
	// was.
	held := orders["held"].OrderID
	expiresAt, err := w.ReserveFor(t, held, time.Hour, lines{"anything": 1})
	require.NoError(t, err)
	assert.True(t, expiresAt.Equal(reservedAt.Add(time.Hour)), "%s", expiresAt)
	facts, err := w.ReleaseFacts(t, held)
	require.NoError(t, err)
	require.Len(t, facts, 2)
	assert.True(t, facts[0].GetAt().AsTime().Equal(reservedAt))
	require.NoError(t, w.Release(t, orders["allocated"].OrderID))
	assert.Zero(t, w.Level(t, "apple").Reserved)
}
