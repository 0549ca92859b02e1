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

// keyColumns of an operation, and the others. The functions below name the fields in the same
// order.
const (
	keyColumns = `order_id, saga, instance, step, kind, part`
	columns    = `state, idempotency_key, lease_owner, lease_until, due_at, sends, asked_at, sent_at, answered_at,
		failures, last_error, problem, customer_id, amount, currency, method_fingerprint,
		provider_reference, held_amount, held_currency, multi_capture, capture_before, decline_code, decline_message,
		id, of_operation, shipment, final, fee, open_amount, open_changes, partial_void, stored_method, consent, accepted`
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
		op.Step.OrderID, op.Step.Saga, op.Step.Instance, op.Step.Name, op.Kind, op.Part,
		op.State, op.Key, op.LeaseOwner, null(op.LeaseUntil), null(op.DueAt), op.Sends,
		op.AskedAt, null(op.SentAt), null(op.AnsweredAt), op.Failures, op.LastError, op.Problem,
		op.Request.CustomerID, op.Request.Amount, op.Request.Currency, op.Request.MethodFingerprint,
		op.ProviderReference, op.Held.Amount, op.Held.Currency, op.MultiCapture, null(op.CaptureBefore),
		op.DeclineCode, op.DeclineMessage,
		op.ID, sql.NullString{String: op.Of, Valid: op.Of != ""}, op.Shipment, op.Final, op.Fee, op.Open, op.OpenChanges,
		op.PartialVoid, op.StoredMethod, op.Consent, op.Accepted)
	return err
}

// operations of these orders, as they were first asked for. An undo is asked for after what it
// undoes.
func operations(ctx context.Context, q postgres.Querier, orderIDs []string) ([]*domain.Operation, error) {
	return scanAll(ctx, q, scanOperation, `
		SELECT `+keyColumns+`, `+columns+` FROM operations
		WHERE order_id = ANY($1::uuid[]) ORDER BY asked_at, saga, instance, step, kind, part`, orderIDs)
}

func scanOperation(row *sql.Rows) (*domain.Operation, error) {
	op := new(domain.Operation)
	var lease, due, sent, answered, captureBefore sql.NullTime
	var of sql.NullString
	err := row.Scan(
		&op.Step.OrderID, &op.Step.Saga, &op.Step.Instance, &op.Step.Name, &op.Kind, &op.Part,
		&op.State, &op.Key, &op.LeaseOwner, &lease, &due, &op.Sends,
		&op.AskedAt, &sent, &answered, &op.Failures, &op.LastError, &op.Problem,
		&op.Request.CustomerID, &op.Request.Amount, &op.Request.Currency, &op.Request.MethodFingerprint,
		&op.ProviderReference, &op.Held.Amount, &op.Held.Currency, &op.MultiCapture, &captureBefore,
		&op.DeclineCode, &op.DeclineMessage,
		&op.ID, &of, &op.Shipment, &op.Final, &op.Fee, &op.Open, &op.OpenChanges, &op.PartialVoid, &op.StoredMethod, &op.Consent, &op.Accepted)
	op.Of = of.String
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

// Unfinished names an operation that the resolver is to carry on with.
type Unfinished struct {
	Step domain.Step
	Kind domain.Kind
	Part int
}

// Due returns operations that the resolver is to carry on with, the longest due first.
func (s *Store) Due(ctx context.Context, limit int) ([]Unfinished, error) {
	due, err := scanAll(ctx, s.db.SQL, func(row *sql.Rows) (u Unfinished, err error) {
		return u, row.Scan(&u.Step.OrderID, &u.Step.Saga, &u.Step.Instance, &u.Step.Name, &u.Kind, &u.Part)
	}, `SELECT `+keyColumns+` FROM operations WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("read operations that are due: %w", err)
	}
	return due, nil
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
