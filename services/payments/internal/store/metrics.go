package store

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/telemetry"
)

const problemsGauge = "ordersaga.payments.problems"

// Observe offers the number of operations that an operator has to look at to metrics readers until
// stop is called.
func (s *Store) Observe() (stop func(), err error) {
	return telemetry.Observe("github.com/ordersaga/ordersaga/services/payments", func(ctx context.Context, set telemetry.Set) error {
		count, err := s.Problems(ctx)
		if err != nil {
			return err
		}
		set(problemsGauge, float64(count))
		return nil
	}, telemetry.Gauge{Name: problemsGauge, Description: "operations at the payment provider that an operator has to look at"})
}

// Problems counts the operations that an operator has to look at.
func (s *Store) Problems(ctx context.Context) (count int64, err error) {
	err = s.db.SQL.QueryRowContext(ctx, `SELECT count(*) FROM operations WHERE problem <> ''`).Scan(&count)
	if err != nil {
		return 0, fmt.Errorf("count the operations with a problem: %w", err)
	}
	return count, nil
}
