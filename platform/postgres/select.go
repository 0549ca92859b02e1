package postgres

import "context"

// Select runs a query and reads each row into a T, by the pointers to its fields in the order of the
// columns.
func Select[T any](ctx context.Context, q Querier, fields func(row *T) []any, query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []T
	for rows.Next() {
		var row T
		if err := rows.Scan(fields(&row)...); err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, rows.Err()
}
