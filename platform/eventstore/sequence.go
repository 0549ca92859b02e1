package eventstore

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

const (
	// sequencerLock is the advisory lock of the one sequencer of a database.
	sequencerLock = 0x5e9c3ce5
	// sequenceBatch bounds what one transaction numbers.
	sequenceBatch = 2000
	// idlePoll is how late an event of another process, or of one that died before it could ring,
	// is noticed. Events of this process ring the bell.
	idlePoll = 250 * time.Millisecond
	// backoffMax caps the pause after failures.
	backoffMax = 5 * time.Second
)

// Sequence gives committed events their positions until the context ends. Run it in every process
// that has a store: one of them works at a time.
func (s *Store) Sequence(ctx context.Context) error {
	var pause backoff
	for ctx.Err() == nil {
		heard := s.appended.listen()
		numbered, err := s.sequenceBatch(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			slog.WarnContext(ctx, "events are not sequenced", "error", err)
			pause.wait(ctx)
			continue
		case numbered > 0:
			s.sequenced.ring()
		}
		pause.reset()
		if numbered < sequenceBatch {
			waitFor(ctx, heard, idlePoll)
		}
	}
	return nil
}

func (s *Store) sequenceBatch(ctx context.Context) (numbered int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	err = s.db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		numbered = 0
		var mine bool
		if err := tx.QueryRowContext(ctx, `SELECT pg_try_advisory_xact_lock($1)`, sequencerLock).Scan(&mine); err != nil || !mine {
			return err
		}
		// A statement of its own after the lock: its snapshot sees every position the last holder
		// of the lock gave.
		result, err := tx.ExecContext(ctx, `
			WITH fresh AS (
				SELECT seq, row_number() OVER (ORDER BY seq) AS n FROM (
					SELECT seq FROM events WHERE position IS NULL ORDER BY seq LIMIT $1) AS oldest),
			head AS (SELECT coalesce(max(position), 0) AS position FROM events)
			UPDATE events SET position = head.position + fresh.n
			FROM fresh, head WHERE events.seq = fresh.seq`, sequenceBatch)
		if err != nil {
			return err
		}
		numbered, err = result.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sequence events: %w", err)
	}
	return numbered, nil
}
