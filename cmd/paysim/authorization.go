package main

import "time"

// Status is where an authorization, a capture, a refund or a dispute stands.
type Status string

// Of an authorization.
const (
	StatusAuthorized Status = "authorized" // an amount is held on the card
	StatusDeclined   Status = "declined"   // the issuer refused; nothing was ever held
	StatusVoided     Status = "voided"     // what was still held was given back
	StatusExpired    Status = "expired"    // what was still held lapsed
	StatusCaptured   Status = "captured"   // nothing is held any more, and something was taken
)

// Authorization is one entry of the provider's books, and what the lookups answer. Its amount is
// always the sum of what is open, captured, voided and expired, unless it was declined.
type Authorization struct {
	ID             string     `json:"id"`
	Reference      string     `json:"reference"` // the merchant's name for what is paid: an order id
	Amount         int64      `json:"amount"`    // minor units, positive
	Currency       string     `json:"currency"`  // ISO 4217
	Source         string     `json:"source"`
	Status         Status     `json:"status"`
	Open           int64      `json:"open_amount"`     // can still be captured
	Captured       int64      `json:"captured_amount"` // of captures that are pending or succeeded
	Voided         int64      `json:"voided_amount"`   // was given back, or was left after the last capture
	Expired        int64      `json:"expired_amount"`
	Terms                     // absent when it was declined
	DeclineCode    string     `json:"decline_code,omitempty"`
	Message        string     `json:"message,omitempty"`
	IdempotencyKey string     `json:"idempotency_key"`
	CreatedAt      time.Time  `json:"created_at"`
	VoidedAt       *time.Time `json:"voided_at,omitempty"`
	ExpiredAt      *time.Time `json:"expired_at,omitempty"`
	Sequence       uint64     `json:"sequence"` // of its last change, over all books
}

// Terms are what is allowed with one authorization: they differ from card to card.
type Terms struct {
	MultiCapture  bool       `json:"multi_capture"`            // it can be captured in several parts
	PartialVoid   bool       `json:"partial_void"`             // a part of it can be given back
	CaptureBefore *time.Time `json:"capture_before,omitempty"` // when it expires
	StoredMethod  string     `json:"stored_method,omitempty"`  // what to charge later
	Consent       bool       `json:"consent"`                  // the shopper agreed to be charged later
}

// settle takes the status that follows from the amounts.
func (a *Authorization) settle() {
	switch {
	case a.Status == StatusDeclined:
	case a.Open > 0:
		a.Status = StatusAuthorized
	case a.ExpiredAt != nil:
		a.Status = StatusExpired
	case a.VoidedAt != nil || a.Captured == 0:
		a.Status = StatusVoided
	default:
		a.Status = StatusCaptured
	}
}

// void gives back what is open.
func (a *Authorization) void(now time.Time) {
	a.Voided, a.Open, a.VoidedAt = a.Voided+a.Open, 0, &now
	a.settle()
}

// expire lets what is open lapse.
func (a *Authorization) expire(now time.Time) {
	if a.Open > 0 {
		a.Expired, a.Open, a.ExpiredAt = a.Open, 0, &now
		a.settle()
	}
}

// authorizedAnswer is the body of a successful authorization or void.
type authorizedAnswer struct {
	ID        string `json:"id"`
	Reference string `json:"reference"`
	Amount    int64  `json:"amount"`
	Currency  string `json:"currency"`
	Status    Status `json:"status"`
	Open      int64  `json:"open_amount"`
	Captured  int64  `json:"captured_amount"`
	Terms
	CreatedAt time.Time  `json:"created_at"`
	VoidedAt  *time.Time `json:"voided_at,omitempty"`
}

// declinedAnswer is the body of a 402.
type declinedAnswer struct {
	ID          string `json:"id"`
	Status      Status `json:"status"`
	DeclineCode string `json:"decline_code"`
	Message     string `json:"message"`
}

func (a Authorization) answer() any {
	if a.Status == StatusDeclined {
		return declinedAnswer{ID: a.ID, Status: a.Status, DeclineCode: a.DeclineCode, Message: a.Message}
	}
	return authorizedAnswer{
		ID: a.ID, Reference: a.Reference, Amount: a.Amount, Currency: a.Currency, Status: a.Status,
		Open: a.Open, Captured: a.Captured, Terms: a.Terms, CreatedAt: a.CreatedAt, VoidedAt: a.VoidedAt,
	}
}
