package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// keyColumns of an operation, and the others. The functions below name the fields in the same order.
const (
	keyColumns = `order_id, saga, instance, step, kind`
	columns    = `state, idempotency_key, lease_owner, lease_until, due_at, sends, asked_at, sent_at, answered_at,
		failures, last_error, problem, customer_id, amount, currency, method_fingerprint,
		provider_reference, held_amount, held_currency, multi_capture, capture_before, decline_code, decline_message`
)

// upsert stores an operation, whether or not it is there.
var upsert = func() string {
	count := 1 + strings.Count(keyColumns+","+columns, ",")
	parameters := make([]string, count)
	for i := range parameters {
		parameters[i] = fmt.Sprintf("$%d", i+1)
	}
	return `INSERT INTO operations (` + keyColumns + `, ` + columns + `) VALUES (` + strings.Join(parameters, ", ") + `)
		ON CONFLICT (` + keyColumns + `) DO UPDATE SET (` + columns + `)
			= (` + strings.Join(parameters[1+strings.Count(keyColumns, ","):], ", ") + `)`
}()

func save(ctx context.Context, q postgres.Querier, op *domain.Operation) error {
	null := func(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }
	_, err := q.ExecContext(ctx, upsert,
		op.Step.OrderID, op.Step.Saga, op.Step.Instance, op.Step.Name, op.Kind,
		op.State, op.Key, op.LeaseOwner, null(op.LeaseUntil), null(op.DueAt), op.Sends,
		op.AskedAt, null(op.SentAt), null(op.AnsweredAt), op.Failures, op.LastError, op.Problem,
		op.Request.CustomerID, op.Request.Amount, op.Request.Currency, op.Request.MethodFingerprint,
		op.ProviderReference, op.Held.Amount, op.Held.Currency, op.MultiCapture, null(op.CaptureBefore),
		op.DeclineCode, op.DeclineMessage)
	return err
}

// operations of these orders, as they were first asked for. An undo is asked for after what it undoes.
func operations(ctx context.Context, q postgres.Querier, orderIDs []string) ([]*domain.Operation, error) {
	return scanAll(ctx, q, scanOperation, `
		SELECT `+keyColumns+`, `+columns+` FROM operations
		WHERE order_id = ANY($1::uuid[]) ORDER BY asked_at, saga, instance, step, kind`, orderIDs)
}

func scanOperation(row *sql.Rows) (*domain.Operation, error) {
	op := new(domain.Operation)
	var lease, due, sent, answered, captureBefore sql.NullTime
	err := row.Scan(
		&op.Step.OrderID, &op.Step.Saga, &op.Step.Instance, &op.Step.Name, &op.Kind,
		&op.State, &op.Key, &op.LeaseOwner, &lease, &due, &op.Sends,
		&op.AskedAt, &sent, &answered, &op.Failures, &op.LastError, &op.Problem,
		&op.Request.CustomerID, &op.Request.Amount, &op.Request.Currency, &op.Request.MethodFingerprint,
		&op.ProviderReference, &op.Held.Amount, &op.Held.Currency, &op.MultiCapture, &captureBefore,
		&op.DeclineCode, &op.DeclineMessage)
	op.AskedAt = op.AskedAt.UTC()
	for into, from := range map[*time.Time]sql.NullTime{
		&op.LeaseUntil: lease, &op.DueAt: due, &op.SentAt: sent, &op.AnsweredAt: answered, &op.CaptureBefore: captureBefore,
	} {
		if from.Valid {
			*into = from.Time.UTC()
		}
	}
	return op, err
}

// Due returns steps that the resolver is to carry on with, the longest due first.
func (s *Store) Due(ctx context.Context, limit int) ([]domain.Step, error) {
	steps, err := scanAll(ctx, s.db.SQL, func(row *sql.Rows) (step domain.Step, err error) {
		return step, row.Scan(&step.OrderID, &step.Saga, &step.Instance, &step.Name)
	}, `SELECT order_id, saga, instance, step FROM operations WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("read operations that are due: %w", err)
	}
	return steps, nil
}

// scanAll reads the rows of a query.
func scanAll[T any](ctx context.Context, q postgres.Querier, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
