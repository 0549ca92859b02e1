package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

// Balance is all stock added up, in units.
type Balance struct {
	SKUs                                                      int64
	OnHand, Reserved, Received, Shipped, Returned, WrittenOff int64
	// LiveReservations have units that are held or allocated.
	LiveReservations int64
	// LiveUnits are held or allocated.
	LiveUnits int64
	Movements int64
	// Wrong counts the SKUs whose figures contradict each other.
	Wrong int64
}

// Imbalance is a SKU whose figures contradict each other. The Journal fields are sums of its
// movements. Live are its held or allocated units, and Astray the held, allocated or shipped ones
// whose reservation has another state, so that for example no sweep will find them. Left are the
// shipped units of all reservations, and Torn the lines whose units are not all in one place each.
type Imbalance struct {
	SKU                                                string
	OnHand, Reserved, Received, Shipped, Returned      int64
	WrittenOff                                         int64
	Live, Astray, Left, Torn                           int64
	JournalReserved, JournalReceived                   int64
	JournalShipped, JournalReturned, JournalWrittenOff int64
}

// AuditStock adds up all stock, all live reservations and the whole journal in one statement, so at
// one point in time, and returns at most limit SKUs, in their order, that are out of balance. It
// has no pages, because each page would read whole tables.
func AuditStock(ctx context.Context, db *postgres.DB, limit int) (balance Balance, wrong []Imbalance, err error) {
	rows, err := db.SQL.QueryContext(ctx, `
		WITH lines AS (
			SELECT sku, sum(held + allocated)::bigint AS live, sum(shipped)::bigint AS gone,
				coalesce(sum(held) FILTER (WHERE state IS DISTINCT FROM 'held'), 0)::bigint
					+ coalesce(sum(allocated) FILTER (WHERE state IS NULL OR state NOT IN ('allocated', 'shipped')), 0)::bigint
					+ coalesce(sum(shipped) FILTER (WHERE state IS DISTINCT FROM 'shipped'), 0)::bigint AS astray,
				count(*) FILTER (WHERE reservation_lines.reserved <> held + allocated + shipped + released + expired
					OR least(held, allocated, shipped, released, expired) < 0) AS torn
			FROM reservation_lines LEFT JOIN reservations USING (order_id, saga, instance)
			GROUP BY sku),
		journal AS (
			SELECT sku, count(*) AS movements,
				coalesce(sum(quantity) FILTER (WHERE kind = 'receive'), 0)::bigint AS received,
				coalesce(sum(quantity) FILTER (WHERE kind = 'ship'), 0)::bigint AS shipped,
				coalesce(sum(quantity) FILTER (WHERE kind = 'return'), 0)::bigint AS returned,
				coalesce(sum(quantity) FILTER (WHERE kind = 'write_off'), 0)::bigint AS written_off,
				(coalesce(sum(quantity) FILTER (WHERE kind = 'reserve'), 0)
					- coalesce(sum(quantity) FILTER (WHERE kind IN ('release', 'expire', 'ship')), 0))::bigint AS reserved
			FROM movements GROUP BY sku),
		audited AS (
			SELECT coalesce(items.sku, lines.sku, journal.sku) AS sku,
				coalesce(on_hand, 0) AS on_hand, coalesce(items.reserved, 0) AS reserved, coalesce(items.received, 0) AS received,
				coalesce(items.shipped, 0) AS shipped, coalesce(items.returned, 0) AS returned,
				coalesce(items.written_off, 0) AS written_off,
				coalesce(lines.live, 0) AS live, coalesce(lines.astray, 0) AS astray, coalesce(lines.gone, 0) AS gone,
				coalesce(lines.torn, 0) AS torn, coalesce(movements, 0) AS movements,
				coalesce(journal.reserved, 0) AS j_reserved, coalesce(journal.received, 0) AS j_received,
				coalesce(journal.shipped, 0) AS j_shipped, coalesce(journal.returned, 0) AS j_returned,
				coalesce(journal.written_off, 0) AS j_written_off
			FROM stock_items AS items
			FULL JOIN lines ON lines.sku = items.sku
			FULL JOIN journal ON journal.sku = coalesce(items.sku, lines.sku)),
		judged AS (
			SELECT *, on_hand <> received - shipped + returned - written_off OR reserved <> live OR reserved < 0 OR reserved > on_hand
				OR astray <> 0 OR torn <> 0 OR shipped <> gone
				OR (reserved, received, shipped, returned, written_off) <> (j_reserved, j_received, j_shipped, j_returned, j_written_off) AS wrong
			FROM audited),
		total AS (
			SELECT count(*) AS skus, coalesce(sum(on_hand), 0)::bigint AS on_hand, coalesce(sum(reserved), 0)::bigint AS reserved,
				coalesce(sum(received), 0)::bigint AS received, coalesce(sum(shipped), 0)::bigint AS shipped,
				coalesce(sum(returned), 0)::bigint AS returned, coalesce(sum(written_off), 0)::bigint AS written_off, coalesce(sum(live), 0)::bigint AS live,
				coalesce(sum(movements), 0)::bigint AS movements, count(*) FILTER (WHERE wrong) AS wrong,
				(SELECT count(DISTINCT (order_id, saga, instance)) FROM reservation_lines WHERE held + allocated > 0) AS reservations
			FROM judged),
		named AS (SELECT * FROM judged WHERE wrong ORDER BY sku COLLATE "C" LIMIT $1)
		SELECT t.skus, t.on_hand, t.reserved, t.received, t.shipped, t.returned, t.written_off, t.reservations, t.live, t.movements, t.wrong,
			n.sku, coalesce(n.on_hand, 0), coalesce(n.reserved, 0), coalesce(n.received, 0), coalesce(n.shipped, 0), coalesce(n.returned, 0), coalesce(n.written_off, 0),
			coalesce(n.live, 0), coalesce(n.astray, 0), coalesce(n.gone, 0), coalesce(n.torn, 0),
			coalesce(n.j_reserved, 0), coalesce(n.j_received, 0), coalesce(n.j_shipped, 0), coalesce(n.j_returned, 0), coalesce(n.j_written_off, 0)
		FROM total AS t LEFT JOIN named AS n ON true ORDER BY n.sku COLLATE "C"`, limit)
	if err != nil {
		return Balance{}, nil, fmt.Errorf("audit the stock: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var sku sql.NullString
		var w Imbalance
		err := rows.Scan(&balance.SKUs, &balance.OnHand, &balance.Reserved, &balance.Received, &balance.Shipped, &balance.Returned, &balance.WrittenOff,
			&balance.LiveReservations, &balance.LiveUnits, &balance.Movements, &balance.Wrong,
			&sku, &w.OnHand, &w.Reserved, &w.Received, &w.Shipped, &w.Returned, &w.WrittenOff,
			&w.Live, &w.Astray, &w.Left, &w.Torn, &w.JournalReserved, &w.JournalReceived, &w.JournalShipped, &w.JournalReturned, &w.JournalWrittenOff)
		if err != nil {
			return Balance{}, nil, fmt.Errorf("audit the stock: %w", err)
		}
		if w.SKU = sku.String; sku.Valid {
			wrong = append(wrong, w)
		}
	}
	return balance, wrong, rows.Err()
}

// Level is the available units of a SKU at a version of its stock.
type Level struct {
	SKU                string
	Available, Version int64
}

// AuditLevels reads at most limit levels after a SKU, in bytewise order.
func AuditLevels(ctx context.Context, db *postgres.DB, after string, limit int) ([]Level, error) {
	levels, err := postgres.Select(ctx, db.SQL, func(l *Level) []any { return []any{&l.SKU, &l.Available, &l.Version} }, `
		SELECT sku, on_hand - reserved, version FROM stock_items WHERE sku > $1 COLLATE "C" ORDER BY sku COLLATE "C" LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read %d levels after %q: %w", limit, after, err)
	}
	return levels, nil
}

// zeroUUID is before every other UUID.
const zeroUUID = "00000000-0000-0000-0000-000000000000"

// Reserved is the stock reserved by an order, in units of all its lines and sagas.
type Reserved struct {
	OrderID                                     string
	Held, Allocated, Shipped, Released, Expired int64
}

// AuditReservations reads the reserved stock of at most limit orders after an id; "" is before the
// first.
func AuditReservations(ctx context.Context, db *postgres.DB, after string, limit int) ([]Reserved, error) {
	if after == "" {
		after = zeroUUID
	}
	return reserved(ctx, db, `WHERE order_id > $1 GROUP BY order_id ORDER BY order_id LIMIT $2`, after, limit)
}

// ReservationsOf reads the reserved stock of these orders; those that never reserved are left out.
func ReservationsOf(ctx context.Context, db *postgres.DB, orderIDs []string) ([]Reserved, error) {
	return reserved(ctx, db, `WHERE order_id = ANY($1::uuid[]) GROUP BY order_id ORDER BY order_id`, orderIDs)
}

func reserved(ctx context.Context, db *postgres.DB, which string, args ...any) ([]Reserved, error) {
	found, err := postgres.Select(ctx, db.SQL, func(r *Reserved) []any {
		return []any{&r.OrderID, &r.Held, &r.Allocated, &r.Shipped, &r.Released, &r.Expired}
	}, `
		SELECT order_id, sum(held)::bigint, sum(allocated)::bigint, sum(shipped)::bigint, sum(released)::bigint, sum(expired)::bigint
		FROM reservation_lines `+which, args...)
	if err != nil {
		return nil, fmt.Errorf("audit reservations: %w", err)
	}
	return found, nil
}
