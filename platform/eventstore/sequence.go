package eventstore

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/ordersaga/ordersaga/platform/pause"
	"github.com/ordersaga/ordersaga/platform/postgres"
)

const (
	// sequencerLock is the advisory lock of the one sequencer of a database.
	sequencerLock = 0x5e9c3ce5
	// sequenceBatch bounds the events numbered in one transaction.
	sequenceBatch = 2000
	// idlePoll bounds the delay until events appended by other processes are noticed. Appends in
	// this process ring the bell.
	idlePoll = 250 * time.Millisecond
	// gather is how long the sequencer waits for more events after the first. A batch costs each
	// subscriber some statements and commits, and a store of documents some writes, however few
	// events are in it; so those of the same moment share one.
	gather = 100 * time.Millisecond
	// longestPause caps the pause after failures.
	longestPause = 5 * time.Second
)

// Sequence gives committed events their positions until the context ends. Run it in every process
// that has a store: one of them works at a time.
func (s *Store) Sequence(ctx context.Context) error {
	failures := pause.Growing(idlePoll, longestPause)
	for ctx.Err() == nil {
		heard := s.appended.listen()
		numbered, err := s.sequenceBatch(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			slog.WarnContext(ctx, "events are not sequenced", "error", err)
			_ = pause.For(ctx, failures.NextBackOff(), nil)
			continue
		case numbered > 0:
			s.sequenced.ring()
		}
		failures.Reset()
		if numbered < sequenceBatch {
			_ = pause.For(ctx, idlePoll-gather, heard)
			_ = pause.For(ctx, gather, nil)
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
		// A separate statement after the lock: its snapshot sees every position given by the
		// previous holder of the lock.
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
