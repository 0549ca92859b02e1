package readmodel

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

// Begin begins a rebuild, unless one is under way. Follow does it. The number of a generation is the
// second in which it was begun: a database that was restored to an earlier state never names a
// collection that was filled later.
func (m *Model) Begin(ctx context.Context) error {
	_, err := m.db.SQL.ExecContext(ctx, `
		INSERT INTO read_model_generations (model, generation, state)
		SELECT $1, greatest(max(generation) + 1, extract(epoch FROM clock_timestamp())::bigint), 'building' FROM read_model_generations WHERE model = $1
		ON CONFLICT DO NOTHING`, m.Name)
	if err != nil {
		return fmt.Errorf("read model %s: begin a rebuild: %w", m.Name, err)
	}
	return nil
}

// replace makes a generation that was built the live one, in place of another, when it is ready. It
// is one transaction: who asks for the live generation gets one or the other. It does nothing when
// another process has done it.
func (m *Model) replace(ctx context.Context, live, built Generation,
	ready func(ctx context.Context, tx *postgres.Tx) (bool, error),
) (done bool, err error) {
	err = m.db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		var err error
		if done, err = ready(ctx, tx); err != nil || !done {
			return err
		}
		for _, change := range []struct {
			of       Generation
			from, to State
		}{{live, Live, Retired}, {built, Building, Live}} {
			result, err := tx.ExecContext(ctx, `
				UPDATE read_model_generations SET state = $4, changed_at = clock_timestamp()
				WHERE model = $1 AND generation = $2 AND state = $3`, m.Name, change.of.Number, change.from, change.to)
			if err != nil {
				return err
			}
			if rows, err := result.RowsAffected(); err != nil || rows == 0 {
				done = false
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("read model %s: make generation %d the live one: %w", m.Name, built.Number, err)
	}
	return done, nil
}

// drop removes what there is of a retired generation. It may be repeated.
func (m *Model) drop(ctx context.Context, g Generation) error {
	if err := m.Collection(g).Drop(ctx); err != nil {
		return fmt.Errorf("drop %s: %w", m.Collection(g).Name(), err)
	}
	err := m.db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		for _, table := range []string{"read_model_places", "read_model_lists", "read_model_positions", "read_model_generations"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE model = $1 AND generation = $2`, m.Name, g.Number); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget generation %d of read model %s: %w", g.Number, m.Name, err)
	}
	return nil
}
