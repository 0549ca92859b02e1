// Package store keeps payments and their journal in PostgreSQL.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// insertAttempts: two that insert the same step at once meet once; the loser then finds the row.
const insertAttempts = 3

// Store is payments' database.
type Store struct{ db *postgres.DB }

// New makes a store on a migrated database.
func New(db *postgres.DB) *Store { return &Store{db: db} }

// Change is a verb of an operation, at the time of the database's clock: the one clock of all processes. It may run
// several times and must not keep anything of an earlier run.
type Change func(op *domain.Operation, now time.Time) error

// Update runs a change on a step's operation and stores what became of it and of the order's payment, in one
// transaction that holds the operation's row. It returns the operation and the id of the payment, empty while there is
// none. After an error of the change nothing is stored.
func (s *Store) Update(ctx context.Context, step domain.Step, change Change) (op *domain.Operation, paymentID string, err error) {
	for attempt := 1; ; attempt++ {
		err = s.db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
			op, paymentID, err = update(ctx, tx, step, change)
			return err
		})
		if err == nil {
			return op, paymentID, nil
		}
		// Which of the two unique indexes says so is PostgreSQL's choice.
		if attempt == insertAttempts || !postgres.IsUniqueViolation(err, "") {
			return nil, "", err
		}
	}
}

func update(ctx context.Context, tx *postgres.Tx, step domain.Step, change Change) (*domain.Operation, string, error) {
	before, now, err := lock(ctx, tx, step)
	if err != nil {
		return nil, "", err
	}
	op := domain.Restore(before)
	if err := change(op, now); err != nil {
		return nil, "", err
	}
	after := op.Record()
	switch {
	case after == before: // there may be nothing to store, but the caller wants to know the payment
	case before.State == domain.None:
		err = insert(ctx, tx, after)
	default:
		err = save(ctx, tx, after)
	}
	if err != nil {
		return nil, "", err
	}
	paymentID, err := follow(ctx, tx, before, after, now)
	return op, paymentID, err
}

const columns = `state, idempotency_key, customer_id, amount, currency, method_fingerprint, lease_owner, lease_until, due_at,
	sends, failures, last_error, provider_reference, decline_code, decline_message,
	intent_at, sent_at, answered_at, undo_requested_at, undone_at`

// ofStep is the row of a step whose key is the first four arguments.
const ofStep = `order_id = $1 AND saga = $2 AND instance = $3 AND step = $4`

func keyOf(s domain.Step) []any { return []any{s.OrderID, s.Saga, s.Instance, s.Name} }

// lock reads a step's row and keeps others from it; a step that has no row yet is none. The time is read after the
// wait for the lock: a lease must not be judged by an older clock than its holder's.
func lock(ctx context.Context, q postgres.Querier, step domain.Step) (domain.Record, time.Time, error) {
	var now time.Time
	row := q.QueryRowContext(ctx, `
		SELECT `+columns+`, clock_timestamp() FROM operations
		WHERE `+ofStep+` FOR UPDATE`, keyOf(step)...)
	record, err := scan(row, step, &now)
	if errors.Is(err, sql.ErrNoRows) {
		record = domain.Record{Step: step}
		err = q.QueryRowContext(ctx, `SELECT clock_timestamp()`).Scan(&now)
	}
	if err != nil {
		return domain.Record{}, time.Time{}, fmt.Errorf("read operation %s: %w", step, err)
	}
	return record, now.UTC(), nil
}

type row interface{ Scan(into ...any) error }

func scan(from row, step domain.Step, more ...any) (domain.Record, error) {
	r := domain.Record{Step: step}
	var lease, due, intent, sent, answered, undoRequested, undone sql.NullTime
	err := from.Scan(append([]any{
		&r.State, &r.Key, &r.Request.CustomerID, &r.Request.Amount, &r.Request.Currency, &r.Request.MethodFingerprint,
		&r.LeaseOwner, &lease, &due, &r.Sends, &r.Failures, &r.LastError,
		&r.ProviderReference, &r.DeclineCode, &r.DeclineMessage,
		&intent, &sent, &answered, &undoRequested, &undone,
	}, more...)...)
	for _, t := range []struct {
		into *time.Time
		from sql.NullTime
	}{
		{&r.LeaseUntil, lease},
		{&r.DueAt, due},
		{&r.IntentAt, intent},
		{&r.SentAt, sent},
		{&r.AnsweredAt, answered},
		{&r.UndoRequestedAt, undoRequested},
		{&r.UndoneAt, undone},
	} {
		if t.from.Valid {
			*t.into = t.from.Time.UTC()
		}
	}
	return r, err
}

// values are a record's columns in the order of the constant.
func values(r domain.Record) []any {
	return append(keyOf(r.Step),
		string(r.State), r.Key, r.Request.CustomerID, r.Request.Amount, r.Request.Currency, r.Request.MethodFingerprint,
		r.LeaseOwner, null(r.LeaseUntil), null(r.DueAt), r.Sends, r.Failures, r.LastError,
		r.ProviderReference, r.DeclineCode, r.DeclineMessage,
		null(r.IntentAt), null(r.SentAt), null(r.AnsweredAt), null(r.UndoRequestedAt), null(r.UndoneAt))
}

func null(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }

func insert(ctx context.Context, q postgres.Querier, r domain.Record) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO operations (order_id, saga, instance, step, kind, `+columns+`)
		VALUES ($1, $2, $3, $4, 'authorize', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)`,
		values(r)...)
	return stored(r, err)
}

func save(ctx context.Context, q postgres.Querier, r domain.Record) error {
	_, err := q.ExecContext(ctx, `
		UPDATE operations SET (`+columns+`)
			= ($5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
		WHERE `+ofStep, values(r)...)
	return stored(r, err)
}

func stored(r domain.Record, err error) error {
	switch {
	case err == nil:
		return nil
	case postgres.IsUniqueViolation(err, "operations_one_live_authorization"):
		return fmt.Errorf("operation %s: another step of the order has a live authorization: %w", r.Step, err)
	default:
		return fmt.Errorf("write operation %s as %q: %w", r.Step, r.State, err)
	}
}

// Due returns steps that the resolver is to carry on with, the longest due first.
func (s *Store) Due(ctx context.Context, limit int) ([]domain.Step, error) {
	rows, err := s.db.SQL.QueryContext(ctx, `
		SELECT order_id, saga, instance, step FROM operations WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("read operations that are due: %w", err)
	}
	defer rows.Close()
	var steps []domain.Step
	for rows.Next() {
		var step domain.Step
		if err := rows.Scan(&step.OrderID, &step.Saga, &step.Instance, &step.Name); err != nil {
			return nil, fmt.Errorf("read operations that are due: %w", err)
		}
		steps = append(steps, step)
	}
	return steps, rows.Err()
}
