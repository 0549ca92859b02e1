// Package barrier makes a saga's step and its undo safe when calls are repeated, late or out of
// order.
//
// The idea is dtm's sub-transaction barrier (https://dtm.pub/practice/barrier): one row per step
// and operation is written in the same transaction as the step's effect, so the row proves whether
// the effect happened.
//
//	row of the do    the do                     the undo
//	none             effect, answer kept        tombstone, no effect
//	done             the kept answer            effect undone
//	refused          the kept refusal           nothing to undo
//	tombstone        refused: step_undone       nothing to undo
//	done and undone  refused: step_undone       nothing more to undo
//
// A refusal is kept as well: after the saga got it and continued without an undo for the step, a
// late attempt must not succeed.
//
// The row also has a fingerprint of the request. A do that is repeated with another request is
// refused with request_mismatch, because the kept answer belongs to the first request.
package barrier

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// Reasons of refusals.
const (
	// ReasonUndone refuses a do that comes after its undo.
	ReasonUndone = "step_undone"
	// ReasonMismatch refuses a do whose step was asked for with another request before.
	ReasonMismatch = "request_mismatch"
)

// Step names one step of one saga on one order.
type Step struct {
	OrderID  string
	Saga     string // the saga's kind
	Instance string // distinguishes sagas of one kind on one order
	Name     string
}

func (s Step) String() string { return s.OrderID + "/" + s.Saga + "/" + s.Instance + "/" + s.Name }

// Fingerprint is a hash of a request. The parts are plain values (text, numbers, slices and structs
// of these); their order and field names must never change.
func Fingerprint(parts ...any) string {
	encoded, err := json.Marshal(parts)
	if err != nil {
		panic(fmt.Sprintf("barrier: a request does not encode: %v", err))
	}
	digest := sha256.Sum256(encoded)
	return hex.EncodeToString(digest[:])
}

//go:embed migrations/*.sql
var files embed.FS

// Migrations has the barrier's table.
var Migrations = postgres.Migrations{Name: "barrier", Files: files}

// Effect is what a step changes, in the transaction that also marks the barrier.
type Effect[T any] func(ctx context.Context, tx *postgres.Tx) (T, error)

// Do runs the effect once, however often it is called, and gives every call the same answer. A
// refusal by the effect rolls back the effect's writes and is kept, by a second transaction: refusals
// are rare, and a savepoint in the first would be one more statement of every step. After any other
// error nothing is kept. T must encode to JSON and back. The request is its Fingerprint.
func Do[T any](ctx context.Context, db *postgres.DB, step Step, request string, effect Effect[T]) (T, error) {
	var answer T
	if err := step.validate(); err != nil {
		return answer, err
	}
	var refused *refusal.Refusal
	err := db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		var none T
		answer, refused = none, nil
		first, err := insert(ctx, tx, step, "do", "do", request)
		if err != nil {
			return err
		}
		if !first {
			answer, err = recall[T](ctx, tx, step, request)
			return err
		}
		answer, err = effect(ctx, tx)
		if err == nil {
			return keep(ctx, tx, step, false, answer)
		}
		refused, _ = refusal.As(err)
		return err
	})
	if refused != nil {
		answer, err = refuse[T](ctx, db, step, request, refused)
	}
	if err != nil {
		var none T
		return none, err
	}
	return answer, nil
}

// refuse keeps the refusal of a do and returns it. When another attempt, or the undo, came first, its
// answer counts.
func refuse[T any](ctx context.Context, db *postgres.DB, step Step, request string, refused *refusal.Refusal) (answer T, err error) {
	recalled := false
	err = db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		first, err := insert(ctx, tx, step, "do", "do", request)
		if err != nil {
			return err
		}
		if recalled = !first; recalled {
			answer, err = recall[T](ctx, tx, step, request)
			return err
		}
		return keep(ctx, tx, step, true, refused)
	})
	if err == nil && !recalled {
		err = refused
	}
	return answer, err
}

// Undo runs the effect's inverse if, and only if, the do has happened and was not undone yet. A do
// that comes after its undo is refused.
func Undo(ctx context.Context, db *postgres.DB, step Step, inverse func(ctx context.Context, tx *postgres.Tx) error) error {
	if err := step.validate(); err != nil {
		return err
	}
	return db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		// A second undo waits here for the first.
		first, err := insert(ctx, tx, step, "undo", "undo", "")
		if err != nil || !first {
			return err
		}
		// This waits for a do that is running.
		tombstone, err := insert(ctx, tx, step, "do", "undo", "")
		if err != nil || tombstone {
			return err
		}
		var refused bool
		err = tx.QueryRowContext(ctx, `
			SELECT refused FROM barrier
			WHERE order_id = $1 AND saga = $2 AND instance = $3 AND step = $4 AND operation = 'do'`,
			step.OrderID, step.Saga, step.Instance, step.Name).Scan(&refused)
		if err != nil {
			return fmt.Errorf("undo of step %s: %w", step, err)
		}
		if refused {
			return nil
		}
		return inverse(ctx, tx)
	})
}

// insert writes a row of the barrier. While another transaction writes the same row it waits, and
// then returns false.
func insert(ctx context.Context, q postgres.Querier, step Step, operation, writtenBy, request string) (first bool, err error) {
	result, err := q.ExecContext(ctx, `
		INSERT INTO barrier (order_id, saga, instance, step, operation, written_by, request)
		VALUES ($1, $2, $3, $4, $5, $6, nullif($7, '')) ON CONFLICT DO NOTHING`,
		step.OrderID, step.Saga, step.Instance, step.Name, operation, writtenBy, request)
	if err != nil {
		return false, fmt.Errorf("barrier of %s %s: %w", operation, step, err)
	}
	rows, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("barrier of %s %s: %w", operation, step, err)
	}
	return rows == 1, nil
}

func keep(ctx context.Context, q postgres.Querier, step Step, refused bool, answer any) error {
	encoded, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("step %s: its answer %T does not encode: %w", step, answer, err)
	}
	_, err = q.ExecContext(ctx, `
		UPDATE barrier SET refused = $5, answer = $6
		WHERE order_id = $1 AND saga = $2 AND instance = $3 AND step = $4 AND operation = 'do'`,
		step.OrderID, step.Saga, step.Instance, step.Name, refused, string(encoded))
	if err != nil {
		return fmt.Errorf("step %s: keep its answer: %w", step, err)
	}
	return nil
}

// recall returns the kept answer to a repeated do.
func recall[T any](ctx context.Context, q postgres.Querier, step Step, request string) (answer T, err error) {
	var refused, undone bool
	var encoded, first sql.NullString
	err = q.QueryRowContext(ctx, `
		SELECT b.refused, b.answer, b.request, EXISTS (
			SELECT FROM barrier u
			WHERE u.order_id = b.order_id AND u.saga = b.saga AND u.instance = b.instance AND u.step = b.step
				AND u.operation = 'undo')
		FROM barrier b
		WHERE order_id = $1 AND saga = $2 AND instance = $3 AND step = $4 AND operation = 'do'`,
		step.OrderID, step.Saga, step.Instance, step.Name).Scan(&refused, &encoded, &first, &undone)
	switch {
	case err != nil:
		return answer, fmt.Errorf("step %s: recall its answer: %w", step, err)
	case first.Valid && first.String != request:
		return answer, refusal.New(ReasonMismatch, "the step was asked for with another request before", nil)
	case refused:
		kept := new(refusal.Refusal)
		if err := json.Unmarshal([]byte(encoded.String), kept); err != nil {
			return answer, fmt.Errorf("step %s: its kept refusal: %w", step, err)
		}
		return answer, kept
	case undone:
		return answer, refusal.New(ReasonUndone, "the step was undone and cannot be done any more", nil)
	}
	if err := json.Unmarshal([]byte(encoded.String), &answer); err != nil {
		return answer, fmt.Errorf("step %s: its kept answer: %w", step, err)
	}
	return answer, nil
}

// validate refuses a step that would share its row with others.
func (s Step) validate() error {
	if s.OrderID == "" || s.Saga == "" || s.Instance == "" || s.Name == "" {
		return fmt.Errorf("barrier: step %q needs an order, a saga, its instance and a name", s)
	}
	return nil
}
