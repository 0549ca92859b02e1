package main

import (
	"time"

	"go.etcd.io/bbolt"
)

// Refund is an amount given back of a capture.
type Refund struct {
	ID             string    `json:"id"`
	Capture        string    `json:"capture"`
	Reference      string    `json:"reference"` // of the authorization
	Amount         int64     `json:"amount"`    // minor units, positive
	Currency       string    `json:"currency"`
	Status         Status    `json:"status"`
	FailureCode    string    `json:"failure_code,omitempty"`
	Message        string    `json:"message,omitempty"`
	IdempotencyKey string    `json:"idempotency_key"`
	CreatedAt      time.Time `json:"created_at"`
	Sequence       uint64    `json:"sequence"`
}

// RefundRequest asks for an amount to be given back.
type RefundRequest struct {
	Amount int64 `json:"amount"`
}

// Refund gives an amount back, once per key. What cannot be given back is a refund that failed,
// answered with 402. The answer is nil when this POST failed without effect and a later one may
// not.
func (b *Books) Refund(key, capture string, req RefundRequest, delay time.Duration) (*Answer, error) {
	return b.once(key, "refund", []any{capture, req}, func(tx *bbolt.Tx, record *keyRecord) (*Answer, error) {
		c, err := readCapture(tx, capture)
		if err != nil {
			return nil, err
		}
		a, err := readAuthorization(tx, c.Authorization)
		if err != nil {
			return nil, err
		}
		script := cards[a.Source].refund
		if record.Attempts <= script.failures {
			return nil, nil
		}
		r := Refund{
			ID: newID("refd"), Capture: c.ID, Reference: c.Reference, Amount: req.Amount, Currency: c.Currency,
			Status: script.first(), IdempotencyKey: key, CreatedAt: b.now(),
		}
		if req.Amount > c.refundable() {
			r.fail("refund_exceeds_capture")
		} else if r.Status == StatusFailed {
			r.fail(script.decline)
		} else {
			c.Refunded += req.Amount
			if err := writeCapture(tx, &c); err != nil {
				return nil, err
			}
			if err := script.plan(tx, kindRefund, r.ID, b.now().Add(delay)); err != nil {
				return nil, err
			}
		}
		if err := writeRefund(tx, &r); err != nil {
			return nil, err
		}
		return script.answer(r.Status, r)
	})
}

func (r *Refund) fail(code string) {
	r.Status, r.FailureCode, r.Message = StatusFailed, code, messageOf(code)
}

// turn ends a refund that is pending, or lets one fail that has succeeded.
func (r *Refund) turn(tx *bbolt.Tx, to Status, code string) error {
	if r.Status == to || r.Status == StatusFailed {
		return nil
	}
	r.Status = to
	if to == StatusFailed {
		r.fail(code)
		c, err := readCapture(tx, r.Capture)
		if err != nil {
			return err
		}
		c.Refunded -= r.Amount
		if err := writeCapture(tx, &c); err != nil {
			return err
		}
	}
	return writeRefund(tx, r)
}
