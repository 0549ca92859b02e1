package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// Kinds of what the books have.
const (
	kindAuthorization = "authorization"
	kindCapture       = "capture"
	kindRefund        = "refund"
	kindDispute       = "dispute"
)

// turn is a change that comes by itself at its time. It is in the books, so that it comes although
// paysim was restarted; it happens when the books are next read or written after that time.
type turn struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	To   Status `json:"to"`
	Code string `json:"code,omitempty"` // why it fails
}

// script says what becomes of captures or refunds of a card.
type script struct {
	decline  string // refused at once for this reason
	pending  bool   // accepted first, decided after PAYSIM_SLOW
	fails    string // it fails for this reason, after PAYSIM_SLOW
	hidden   bool   // the answer is 500, whatever happened
	failures int    // number of POSTs of one key that fail before the first effect
}

// first is the status with which it begins.
func (s script) first() Status {
	switch {
	case s.decline != "":
		return StatusFailed
	case s.pending:
		return StatusPending
	default:
		return StatusSucceeded
	}
}

// plan writes down what comes later.
func (s script) plan(tx *bbolt.Tx, kind, id string, due time.Time) error {
	switch {
	case s.fails != "":
		return putTurn(tx, due, turn{Kind: kind, ID: id, To: StatusFailed, Code: s.fails})
	case s.pending:
		return putTurn(tx, due, turn{Kind: kind, ID: id, To: StatusSucceeded})
	default:
		return nil
	}
}

// answer is what the client is told, and what its key replays.
func (s script) answer(status Status, body any) (*Answer, error) {
	if s.hidden {
		return newAnswer(problemInternal.Status, problemInternal)
	}
	return newAnswer(captureAnswerStatus(status), body)
}

// putTurn keeps turns in the order of their times.
func putTurn(tx *bbolt.Tx, due time.Time, t turn) error {
	bucket := tx.Bucket(bucketTurns)
	number, err := bucket.NextSequence()
	if err != nil {
		return err
	}
	key := binary.BigEndian.AppendUint64(nil, uint64(due.UnixNano()))
	return putJSON(bucket, string(binary.BigEndian.AppendUint64(key, number)), t)
}

// due tells whether a turn's time has come.
func (b *Books) due(tx *bbolt.Tx) bool {
	first, _ := tx.Bucket(bucketTurns).Cursor().First()
	return first != nil && binary.BigEndian.Uint64(first) <= uint64(b.now().UnixNano())
}

// takeTurns makes the changes whose time has come.
func (b *Books) takeTurns(tx *bbolt.Tx) error {
	for b.due(tx) {
		key, stored := tx.Bucket(bucketTurns).Cursor().First()
		var next turn
		if err := json.Unmarshal(stored, &next); err != nil {
			return fmt.Errorf("read turn: %w", err)
		}
		if err := tx.Bucket(bucketTurns).Delete(key); err != nil {
			return err
		}
		if err := b.take(tx, next); err != nil {
			return fmt.Errorf("%s %s turns %s: %w", next.Kind, next.ID, next.To, err)
		}
	}
	return nil
}

func (b *Books) take(tx *bbolt.Tx, t turn) error {
	switch t.Kind {
	case kindAuthorization:
		a, err := readAuthorization(tx, t.ID)
		if err != nil || a.Status != StatusAuthorized {
			return err
		}
		if t.To == StatusExpired {
			a.expire(b.now())
		} else {
			a.void(b.now())
		}
		return writeAuthorization(tx, &a)
	case kindCapture:
		c, err := readCapture(tx, t.ID)
		if err != nil {
			return err
		}
		return c.turn(tx, t.To, t.Code)
	case kindRefund:
		r, err := readRefund(tx, t.ID)
		if err != nil {
			return err
		}
		return r.turn(tx, t.To, t.Code)
	default:
		d, err := readDispute(tx, t.ID)
		if err != nil {
			return err
		}
		return d.turn(tx, t.To)
	}
}
