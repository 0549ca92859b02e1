package main

import "time"

// Status is where an authorization stands.
type Status string

const (
	StatusAuthorized Status = "authorized" // the amount is held on the card
	StatusDeclined   Status = "declined"   // the issuer refused; nothing was ever held
	StatusVoided     Status = "voided"     // the hold was given back
	StatusCaptured   Status = "captured"   // the amount was taken
)

// Authorization is one entry of the provider's books, and what the lookups answer.
type Authorization struct {
	ID             string     `json:"id"`
	Reference      string     `json:"reference"` // the merchant's name for what is paid: an order id
	Amount         int64      `json:"amount"`    // minor units, positive
	Currency       string     `json:"currency"`  // ISO 4217
	Source         string     `json:"source"`
	Status         Status     `json:"status"`
	DeclineCode    string     `json:"decline_code,omitempty"`
	Message        string     `json:"message,omitempty"`
	IdempotencyKey string     `json:"idempotency_key"`
	CreatedAt      time.Time  `json:"created_at"`
	VoidedAt       *time.Time `json:"voided_at,omitempty"`
}

// authorizedAnswer is the body of a successful authorization or void.
type authorizedAnswer struct {
	ID        string     `json:"id"`
	Reference string     `json:"reference"`
	Amount    int64      `json:"amount"`
	Currency  string     `json:"currency"`
	Status    Status     `json:"status"`
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
		ID: a.ID, Reference: a.Reference, Amount: a.Amount, Currency: a.Currency,
		Status: a.Status, CreatedAt: a.CreatedAt, VoidedAt: a.VoidedAt,
	}
}
