package paysim

import (
	"fmt"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

// authorization is one in paysim's words.
type authorization struct {
	ID             string     `json:"id"`
	Reference      string     `json:"reference"`
	Amount         int64      `json:"amount"`
	Currency       string     `json:"currency"`
	Status         string     `json:"status"`
	Open           int64      `json:"open_amount"`
	Captured       int64      `json:"captured_amount"`
	MultiCapture   bool       `json:"multi_capture"`
	PartialVoid    bool       `json:"partial_void"`
	CaptureBefore  *time.Time `json:"capture_before"`
	StoredMethod   string     `json:"stored_method"`
	Consent        bool       `json:"consent"`
	DeclineCode    string     `json:"decline_code"`
	Message        string     `json:"message"`
	IdempotencyKey string     `json:"idempotency_key"`
}

func (a authorization) terms() domain.Terms {
	terms := domain.Terms{
		MultiCapture: a.MultiCapture, PartialVoid: a.PartialVoid, StoredMethod: a.StoredMethod, Consent: a.Consent,
	}
	if a.CaptureBefore != nil {
		terms.CaptureBefore = a.CaptureBefore.UTC().Truncate(time.Microsecond) // as PostgreSQL keeps it
	}
	return terms
}

// kinds of facts by paysim's statuses of an authorization.
var kinds = map[string]provider.Kind{
	"authorized": provider.Authorized, "declined": provider.Declined, "voided": provider.Voided,
	"expired": provider.Expired, "captured": provider.Captured, "refunded": provider.Voided,
}

// fact is what paysim says of an authorization, in its own values.
func (a authorization) fact() (provider.Fact, error) {
	kind, known := kinds[a.Status]
	money, err := fromPaysim(a.Currency, a.Amount)
	switch {
	case !known, err != nil, kind == provider.Declined && a.DeclineCode == "":
		return provider.Fact{}, &provider.UnclearError{Reference: a.ID, Status: a.Status}
	case kind == provider.Declined:
		return provider.Fact{
			Kind: kind, OrderID: a.Reference, Key: a.IdempotencyKey, DeclineCode: a.DeclineCode, DeclineMessage: a.Message,
		}, nil
	default:
		return provider.Fact{
			Kind: kind, OrderID: a.Reference, Key: a.IdempotencyKey, Reference: a.ID, Money: money, Terms: a.terms(),
			Open: minor(a.Currency, a.Open), Captured: minor(a.Currency, a.Captured),
		}, nil
	}
}

// movement is a capture or a refund in paysim's words.
type movement struct {
	ID             string `json:"id"`
	Capture        string `json:"capture"` // of a refund
	Reference      string `json:"reference"`
	Amount         int64  `json:"amount"`
	Currency       string `json:"currency"`
	Status         string `json:"status"`
	FailureCode    string `json:"failure_code"`
	Message        string `json:"message"`
	IdempotencyKey string `json:"idempotency_key"`

	Authorization       string `json:"authorization"`
	AuthorizationStatus string `json:"authorization_status"`
	AuthorizationOpen   int64  `json:"authorization_open_amount"`
}

var movementKinds = map[string]provider.Kind{
	"pending": provider.Submitted, "succeeded": provider.Succeeded, "failed": provider.Failed,
}

// fact is what paysim says of a capture or refund, in its own values.
func (m movement) fact() (provider.Fact, error) {
	kind, known := movementKinds[m.Status]
	money, err := fromPaysim(m.Currency, m.Amount)
	if !known || err != nil || (kind == provider.Failed && m.FailureCode == "") {
		return provider.Fact{}, &provider.UnclearError{Reference: m.ID, Status: m.Status}
	}
	fact := provider.Fact{
		Kind: kind, OrderID: m.Reference, Key: m.IdempotencyKey, Reference: m.ID, Money: money,
		Open: minor(m.Currency, m.AuthorizationOpen), DeclineCode: m.FailureCode, DeclineMessage: m.Message,
	}
	switch ended := kinds[m.AuthorizationStatus]; ended {
	case provider.Voided, provider.Expired:
		fact.Ended = ended
	}
	return fact, nil
}

// named tells whether an answer is one of a capture or refund at all.
func (m movement) named() bool { return m.ID != "" && m.Reference != "" && m.Status != "" }

// problem is an error in paysim's words (RFC 9457, with a code).
type problem struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// unexpected is an answer that proves nothing.
func unexpected(status int, p problem) error {
	if p.Code == "" {
		return fmt.Errorf("unexpected answer %d %s", status, http.StatusText(status))
	}
	return fmt.Errorf("%d %s: %s", status, p.Code, p.Detail)
}
