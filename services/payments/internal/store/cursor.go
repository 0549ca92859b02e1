package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// TakeCursor returns how far the provider's list was read, and keeps other processes from reading
// it for the time of the lease. Mine is false while another one reads.
func (s *Store) TakeCursor(ctx context.Context, owner string, lease time.Duration) (cursor string, mine bool, err error) {
	err = s.db.SQL.QueryRowContext(ctx, `
		UPDATE provider_list SET owner = $1, lease_until = clock_timestamp() + make_interval(secs => $2)
		WHERE owner = $1 OR lease_until <= clock_timestamp() RETURNING cursor`, owner, lease.Seconds()).Scan(&cursor)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("take the cursor of the provider's list: %w", err)
	}
	return cursor, true, nil
}

// MoveCursor stores how far the list was read, unless another process has taken over meanwhile.
func (s *Store) MoveCursor(ctx context.Context, owner, from, to string) error {
	if from == to {
		return nil
	}
	_, err := s.db.SQL.ExecContext(ctx, `UPDATE provider_list SET cursor = $3 WHERE owner = $1 AND cursor = $2`, owner, from, to)
	if err != nil {
		return fmt.Errorf("move the cursor of the provider's list: %w", err)
	}
	return nil
}
