package main

import (
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// Of a dispute.
const (
	StatusOpen Status = "open" // the amount and the fee were taken from the merchant
	StatusWon  Status = "won"  // the amount came back, the fee did not
	StatusLost Status = "lost" // the shopper keeps the amount
)

// disputeFee is what a dispute costs the merchant, in minor units, unless the call says otherwise.
const disputeFee = 1500

// ErrNotPossible means that the books do not allow what a test asked for.
var ErrNotPossible = errors.New("not possible now")

// Dispute is a charge that the shopper's bank took back.
type Dispute struct {
	ID        string    `json:"id"`
	Capture   string    `json:"capture"`
	Reference string    `json:"reference"` // of the authorization
	Amount    int64     `json:"amount"`    // minor units, positive
	Fee       int64     `json:"fee"`       // minor units
	Currency  string    `json:"currency"`
	Status    Status    `json:"status"`
	CreatedAt time.Time `json:"created_at"`
	Sequence  uint64    `json:"sequence"`
}

// DisputeRequest opens a dispute; an amount of 0 is all that was not refunded.
type DisputeRequest struct {
	Amount int64 `json:"amount"`
	Fee    int64 `json:"fee"`
}

// dispute opens one, and plans its end where the card says so.
func (b *Books) dispute(tx *bbolt.Tx, c *Capture, req DisputeRequest) (Dispute, error) {
	a, err := readAuthorization(tx, c.Authorization)
	if err != nil {
		return Dispute{}, err
	}
	if req.Amount == 0 {
		req.Amount = c.refundable()
	}
	if req.Amount < 1 || req.Amount > c.refundable() || req.Fee < 0 {
		return Dispute{}, fmt.Errorf("dispute %d of capture %s, of which %d is left: %w", req.Amount, c.ID, c.refundable(), ErrNotPossible)
	}
	d := Dispute{
		ID: newID("disp"), Capture: c.ID, Reference: c.Reference, Amount: req.Amount, Fee: req.Fee, Currency: c.Currency,
		Status: StatusOpen, CreatedAt: b.now(),
	}
	c.Disputed += d.Amount
	if err := writeCapture(tx, c); err != nil {
		return d, err
	}
	if end := cards[a.Source].dispute; end != "" && end != StatusOpen {
		if err := putTurn(tx, b.now(), turn{Kind: kindDispute, ID: d.ID, To: end}); err != nil {
			return d, err
		}
	}
	return d, writeDispute(tx, &d)
}

// turn ends a dispute.
func (d *Dispute) turn(tx *bbolt.Tx, to Status) error {
	if d.Status != StatusOpen {
		return nil
	}
	d.Status = to
	if to == StatusWon {
		c, err := readCapture(tx, d.Capture)
		if err != nil {
			return err
		}
		c.Disputed -= d.Amount
		if err := writeCapture(tx, &c); err != nil {
			return err
		}
	}
	return writeDispute(tx, d)
}
