package main

import (
	"net/http"
	"time"

	"go.etcd.io/bbolt"
)

// Of a capture or a refund.
const (
	StatusPending   Status = "pending"   // accepted; it will succeed or fail
	StatusSucceeded Status = "succeeded" // the money has moved
	StatusFailed    Status = "failed"    // the money has not moved, or was moved back
)

// Capture is an amount taken of an authorization.
type Capture struct {
	ID             string    `json:"id"`
	Authorization  string    `json:"authorization"`
	Reference      string    `json:"reference"` // of the authorization
	Amount         int64     `json:"amount"`    // minor units, positive
	Currency       string    `json:"currency"`
	Status         Status    `json:"status"`
	FailureCode    string    `json:"failure_code,omitempty"`
	Message        string    `json:"message,omitempty"`
	Refunded       int64     `json:"refunded_amount"` // of refunds that are pending or succeeded
	Disputed       int64     `json:"disputed_amount"` // of disputes that are not won
	IdempotencyKey string    `json:"idempotency_key"`
	CreatedAt      time.Time `json:"created_at"`
	Sequence       uint64    `json:"sequence"`
	// The authorization as this answer leaves it.
	AuthorizationStatus Status `json:"authorization_status"`
	AuthorizationOpen   int64  `json:"authorization_open_amount"`
}

// CaptureRequest asks for a part of an authorization, or all of it. Final gives the rest back.
type CaptureRequest struct {
	Amount int64 `json:"amount"`
	Final  bool  `json:"final,omitempty"`
}

// Capture takes an amount, once per key. What cannot be taken is a capture that failed, answered
// with 402. The answer is nil when this POST failed without effect and a later one may not.
func (b *Books) Capture(key, authorization string, req CaptureRequest, delay time.Duration) (*Answer, error) {
	return b.once(key, "capture", []any{authorization, req}, func(tx *bbolt.Tx, record *keyRecord) (*Answer, error) {
		a, err := readAuthorization(tx, authorization)
		if err != nil {
			return nil, err
		}
		card := cards[a.Source]
		if record.Attempts <= card.capture.failures {
			return nil, nil
		}
		c := Capture{
			ID: newID("capt"), Authorization: a.ID, Reference: a.Reference, Amount: req.Amount, Currency: a.Currency,
			Status: card.capture.first(), IdempotencyKey: key, CreatedAt: b.now(),
		}
		if code := refusedCapture(a, req); code != "" {
			c.fail(code)
		} else if c.Status == StatusFailed {
			c.fail(card.capture.decline)
		} else {
			a.Open, a.Captured = a.Open-req.Amount, a.Captured+req.Amount
			if req.Final || !a.MultiCapture {
				a.Voided, a.Open = a.Voided+a.Open, 0
			}
			a.settle()
			if err := writeAuthorization(tx, &a); err != nil {
				return nil, err
			}
			if err := card.capture.plan(tx, kindCapture, c.ID, b.now().Add(delay)); err != nil {
				return nil, err
			}
		}
		if err := writeCapture(tx, &c); err != nil {
			return nil, err
		}
		if c.Status == StatusSucceeded && card.dispute != "" {
			if _, err := b.dispute(tx, &c, DisputeRequest{Amount: c.Amount, Fee: disputeFee}); err != nil {
				return nil, err
			}
		}
		return card.capture.answer(c.Status, c.seenWith(a))
	})
}

// refusedCapture says why an amount cannot be taken; empty when it can.
func refusedCapture(a Authorization, req CaptureRequest) string {
	switch {
	case a.Status == StatusExpired:
		return "authorization_expired"
	case a.Status != StatusAuthorized:
		return "authorization_" + string(a.Status)
	case req.Amount > a.Open:
		return "amount_too_large"
	default:
		return ""
	}
}

func (c *Capture) fail(code string) {
	c.Status, c.FailureCode, c.Message = StatusFailed, code, messageOf(code)
}

// seenWith is the capture with its authorization as it is.
func (c Capture) seenWith(a Authorization) Capture {
	c.AuthorizationStatus, c.AuthorizationOpen = a.Status, a.Open
	return c
}

// turn ends a capture that is pending, or lets one fail that has succeeded. What failed while it
// was pending can be captured again where the authorization allows several captures; what fails
// later is given back. One of which something was refunded or disputed stays as it is.
func (c *Capture) turn(tx *bbolt.Tx, to Status, code string) error {
	if c.Status == to || c.Status == StatusFailed || c.Refunded+c.Disputed > 0 {
		return nil
	}
	before := c.Status
	c.Status = to
	if to == StatusFailed {
		c.fail(code)
		a, err := readAuthorization(tx, c.Authorization)
		if err != nil {
			return err
		}
		a.Captured -= c.Amount
		if before == StatusPending && a.MultiCapture && a.VoidedAt == nil && a.ExpiredAt == nil {
			a.Open += c.Amount
		} else {
			a.Voided += c.Amount
		}
		a.settle()
		if err := writeAuthorization(tx, &a); err != nil {
			return err
		}
	}
	return writeCapture(tx, c)
}

// refundable is what can still be given back of it.
func (c Capture) refundable() int64 {
	if c.Status != StatusSucceeded {
		return 0
	}
	return c.Amount - c.Refunded - c.Disputed
}

func captureAnswerStatus(s Status) int {
	if s == StatusFailed {
		return http.StatusPaymentRequired
	}
	return http.StatusCreated
}
