package opensagas

import (
	"context"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

// DeclinePeriod is how long a declined payment counts.
const DeclinePeriod = time.Hour

// Activity of a customer, for the limits of placing orders. It follows the log with a delay.
type Activity struct {
	Open     int // orders with an open saga
	Declined int // payments declined within DeclinePeriod
}

// Activity counts a customer's open orders and recently declined payments, over all instances of
// the service.
func (s *Sagas) Activity(ctx context.Context, customerID string) (a Activity, err error) {
	err = s.db.SQL.QueryRowContext(ctx, `
		SELECT (SELECT count(*) FROM open_sagas WHERE customer_id = $1),
			(SELECT count(*) FROM declined_payments WHERE customer_id = $1 AND declined_at > now() - make_interval(secs => $2))`,
		customerID, DeclinePeriod.Seconds()).Scan(&a.Open, &a.Declined)
	if err != nil {
		return Activity{}, fmt.Errorf("count the open orders and declined payments of a customer: %w", err)
	}
	return a, nil
}

// decline is a payment that the provider declined.
type decline struct {
	orderID, customerID string
	at                  time.Time
}

// insertDeclined adds declined payments, and deletes those older than DeclinePeriod.
func (c *changes) insertDeclined(ctx context.Context, tx *postgres.Tx) error {
	if len(c.declined) == 0 {
		return nil
	}
	var ids, customers []string
	var times []time.Time
	for _, d := range c.declined {
		ids, customers, times = append(ids, d.orderID), append(customers, d.customerID), append(times, d.at)
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO declined_payments (order_id, customer_id, declined_at)
		SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[]) ON CONFLICT DO NOTHING`, ids, customers, times)
	if err == nil {
		_, err = tx.ExecContext(ctx, `DELETE FROM declined_payments WHERE declined_at < now() - make_interval(secs => $1)`, DeclinePeriod.Seconds())
	}
	if err != nil {
		return fmt.Errorf("keep %d declined payments: %w", len(ids), err)
	}
	return nil
}
