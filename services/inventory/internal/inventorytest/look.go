package inventorytest

import (
	"context"
	"database/sql"
	"encoding/json"
	"testing"
	"time"

	"github.com/ordersaga/ordersaga/contracts/events"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// violations of the stock invariant, per SKU, each with what is wrong.
const violations = `
WITH live AS (
    SELECT sku, sum(held + allocated) AS reserved, sum(shipped) AS shipped FROM reservation_lines GROUP BY sku
), journal AS (
    SELECT sku,
        coalesce(sum(quantity) FILTER (WHERE kind = 'receive'), 0) AS received,
        coalesce(sum(quantity) FILTER (WHERE kind = 'ship'), 0) AS shipped,
        coalesce(sum(quantity) FILTER (WHERE kind = 'return'), 0) AS returned,
        coalesce(sum(quantity) FILTER (WHERE kind = 'write_off'), 0) AS written_off,
        coalesce(sum(quantity) FILTER (WHERE kind = 'reserve'), 0)
          - coalesce(sum(quantity) FILTER (WHERE kind IN ('release', 'expire', 'ship')), 0) AS reserved
    FROM movements GROUP BY sku
)
SELECT i.sku, format('on hand %s (%s - %s + %s - %s), reserved %s; reservations: live %s, shipped %s; journal: received %s, reserved %s',
    i.on_hand, i.received, i.shipped, i.returned, i.written_off, i.reserved, live.reserved, live.shipped, journal.received, journal.reserved)
FROM stock_items i LEFT JOIN live USING (sku) LEFT JOIN journal USING (sku)
WHERE i.on_hand <> i.received - i.shipped + i.returned - i.written_off
   OR i.reserved NOT BETWEEN 0 AND i.on_hand
   OR i.reserved <> coalesce(live.reserved, 0)
   OR i.shipped <> coalesce(live.shipped, 0)
   OR (i.received, i.shipped, i.returned, i.written_off, i.reserved) IS DISTINCT FROM
      (coalesce(journal.received, 0), coalesce(journal.shipped, 0), coalesce(journal.returned, 0), coalesce(journal.written_off, 0), coalesce(journal.reserved, 0))`

// CheckInvariants fails the test for each SKU whose levels, reservations and journal disagree.
func (w *World) CheckInvariants(t testing.TB) {
	t.Helper()
	for _, violation := range w.Violations(t) {
		t.Errorf("the stock is wrong: %s", violation)
	}
}

// Violations of the stock invariants, one line for each SKU at fault.
func (w *World) Violations(t testing.TB) []string {
	t.Helper()
	rows := query(t, w, violations)
	defer rows.Close()
	var found []string
	for rows.Next() {
		var sku, what string
		if err := rows.Scan(&sku, &what); err != nil {
			t.Fatalf("check the stock invariants: %v", err)
		}
		found = append(found, sku+": "+what)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("check the stock invariants: %v", err)
	}
	return found
}

// State of an order's reservation, "" for none.
func (w *World) State(t testing.TB, order string) string {
	t.Helper()
	var state string
	err := w.DB.SQL.QueryRowContext(Context(t), `SELECT coalesce((SELECT state FROM reservations WHERE order_id = $1 AND instance = $1), '')`, order).Scan(&state)
	if err != nil {
		t.Fatalf("the reservation of order %s: %v", order, err)
	}
	return state
}

// Lines of what a saga has reserved, by number, as "number sku: quantity place" for each place that
// has units of the line.
func (w *World) Lines(t testing.TB, saga *commonv1.Saga) []string {
	t.Helper()
	rows := query(t, w, `
		SELECT format('%s %s:', line, sku) || (SELECT string_agg(format(' %s %s', units, place), ',' ORDER BY nr) FROM (VALUES
			(1, 'held', held), (2, 'allocated', allocated), (3, 'shipped', shipped), (4, 'released', released), (5, 'expired', expired)
		) AS p (nr, place, units) WHERE units > 0)
		FROM reservation_lines WHERE order_id = $1 AND saga = $2 AND instance = $3 ORDER BY line`,
		saga.GetOrderId(), saga.GetKind(), saga.GetInstance())
	defer rows.Close()
	var found []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatalf("the lines of %v: %v", saga, err)
		}
		found = append(found, line)
	}
	return found
}

// ExpiresAt is when an order's hold runs out.
func (w *World) ExpiresAt(t testing.TB, order string) time.Time {
	t.Helper()
	var at time.Time
	if err := w.DB.SQL.QueryRowContext(Context(t), `SELECT expires_at FROM reservations WHERE order_id = $1`, order).Scan(&at); err != nil {
		t.Fatalf("the hold of order %s: %v", order, err)
	}
	return at
}

// Movements of an order or receipt, as "kind sku quantity".
func (w *World) Movements(t testing.TB, reference string) []string {
	t.Helper()
	rows := query(t, w, `SELECT kind || ' ' || sku || ' ' || quantity FROM movements WHERE reference = $1 ORDER BY id`, reference)
	defer rows.Close()
	var movements []string
	for rows.Next() {
		var movement string
		if err := rows.Scan(&movement); err != nil {
			t.Fatalf("the movements of %s: %v", reference, err)
		}
		movements = append(movements, movement)
	}
	return movements
}

// Announcement is one StockChanged event.
type Announcement struct {
	Subject string
	events.StockChanged
}

// Announcements are the events that wait in the outbox, in order.
func (w *World) Announcements(t testing.TB) []Announcement {
	t.Helper()
	rows := query(t, w, `SELECT event->>'type', event->>'subject', event->>'data' FROM outbox ORDER BY id`)
	defer rows.Close()
	var found []Announcement
	for rows.Next() {
		var kind, data string
		var announced Announcement
		if err := rows.Scan(&kind, &announced.Subject, &data); err != nil {
			t.Fatalf("read the outbox: %v", err)
		}
		if kind != events.StockChangedV1 {
			t.Fatalf("an event of type %s in the outbox", kind)
		}
		if err := json.Unmarshal([]byte(data), &announced.StockChanged); err != nil {
			t.Fatalf("the data of a %s: %v", kind, err)
		}
		found = append(found, announced)
	}
	return found
}

// Now is the database's time, by which holds run out.
func (w *World) Now(t testing.TB) time.Time {
	t.Helper()
	var now time.Time
	if err := w.DB.SQL.QueryRowContext(Context(t), `SELECT clock_timestamp()`).Scan(&now); err != nil {
		t.Fatalf("ask for the time: %v", err)
	}
	return now
}

// AwaitTime waits until the database's clock has reached a time.
func (w *World) AwaitTime(t testing.TB, at time.Time) {
	t.Helper()
	testkit.Eventually(t, "the clock to reach "+at.String(), func() bool { return !w.Now(t).Before(at) })
}

// HoldLocks runs a statement in a transaction of its own and keeps it open, as a slow transaction
// would, until the function it returns is called with whether to commit.
func (w *World) HoldLocks(t testing.TB, statement string, args ...any) (end func(commit bool)) {
	t.Helper()
	tx, err := w.DB.SQL.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatalf("begin: %v", err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	if _, err := tx.ExecContext(Context(t), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return func(commit bool) {
		t.Helper()
		finish := tx.Rollback
		if commit {
			finish = tx.Commit
		}
		if err := finish(); err != nil {
			t.Fatalf("end the transaction: %v", err)
		}
	}
}

// AwaitBlocked waits until so many statements wait for somebody's row.
func (w *World) AwaitBlocked(t testing.TB, statements int) {
	t.Helper()
	testkit.Eventually(t, "statements to wait for a lock", func() bool {
		var blocked int
		err := w.DB.SQL.QueryRowContext(Context(t), `
			SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&blocked)
		if err != nil {
			t.Fatalf("look for blocked statements: %v", err)
		}
		return blocked >= statements
	})
}

func query(t testing.TB, w *World, statement string, args ...any) *sql.Rows {
	t.Helper()
	rows, err := w.DB.SQL.QueryContext(Context(t), statement, args...)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return rows
}
