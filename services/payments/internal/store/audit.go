package store

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// Audited is an order's payment with what its journal says of it.
type Audited struct {
	OrderID string
	// Status of the payment; none when an undo came before anything was asked for.
	Status   domain.PaymentStatus
	Amount   int64 // minor units
	Currency string
	// Reference is the provider's, empty before one is known.
	Reference string
	// Holding counts the steps whose money is held by the journal, Unfinished those
	// whose outcome or undo is not known yet.
	Holding, Unfinished int
	// HeldAmount is what the journal says is held, in minor units.
	HeldAmount int64
	// HeldKey is the idempotency key of the step that holds, empty without one.
	HeldKey string
}

// AuditPage reads at most limit orders whose ids come after one, in the order of
// their ids, journal and payment as of one moment; after "" is from the start.
// A payment without a journal is among them, as one that holds nothing.
func (s *Store) AuditPage(ctx context.Context, after string, limit int) ([]Audited, error) {
	if after == "" {
		after = "00000000-0000-0000-0000-000000000000"
	}
	found, err := s.audit(ctx, `
		WITH page AS (
			SELECT order_id FROM (
				(SELECT DISTINCT order_id FROM operations WHERE order_id > $1 ORDER BY order_id LIMIT $2)
				UNION
				(SELECT order_id FROM payments WHERE order_id > $1 ORDER BY order_id LIMIT $2)) AS known
			ORDER BY order_id LIMIT $2)`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("audit %d payments after %s: %w", limit, after, err)
	}
	return found, nil
}

// AuditOrders reads the orders of these ids; those without anything are left out.
func (s *Store) AuditOrders(ctx context.Context, orderIDs []string) ([]Audited, error) {
	found, err := s.audit(ctx, `
		WITH page AS (SELECT unnest($1::uuid[]) AS order_id)`, orderIDs)
	if err != nil {
		return nil, fmt.Errorf("audit the payments of %d orders: %w", len(orderIDs), err)
	}
	return found, nil
}

func (s *Store) audit(ctx context.Context, page string, args ...any) ([]Audited, error) {
	rows, err := s.db.SQL.QueryContext(ctx, page+`
	SELECT page.order_id,
		coalesce(p.status, 'none'), coalesce(p.amount, 0), coalesce(p.currency, ''), coalesce(p.provider_reference, ''),
		coalesce(o.holding, 0), coalesce(o.unfinished, 0), coalesce(o.held, 0), coalesce(o.key, '')
	FROM page
	LEFT JOIN payments AS p USING (order_id)
	LEFT JOIN (
		SELECT order_id,
			count(*) FILTER (WHERE state = 'authorized') AS holding,
			count(*) FILTER (WHERE state IN ('sending', 'void_requested', 'voiding')) AS unfinished,
			(sum(amount) FILTER (WHERE state = 'authorized'))::bigint AS held,
			max(idempotency_key) FILTER (WHERE state = 'authorized') AS key
		FROM operations WHERE order_id IN (SELECT order_id FROM page) GROUP BY order_id) AS o USING (order_id)
	WHERE p.order_id IS NOT NULL OR o.order_id IS NOT NULL
	ORDER BY page.order_id`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []Audited
	for rows.Next() {
		var a Audited
		err := rows.Scan(&a.OrderID, &a.Status, &a.Amount, &a.Currency, &a.Reference, &a.Holding, &a.Unfinished, &a.HeldAmount, &a.HeldKey)
		if err != nil {
			return nil, err
		}
		found = append(found, a)
	}
	return found, rows.Err()
}
