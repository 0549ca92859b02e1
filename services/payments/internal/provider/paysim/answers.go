package paysim

import (
	"fmt"
	"net/http"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

// authorization is one in paysim's words.
type authorization struct {
	ID             string `json:"id"`
	Reference      string `json:"reference"`
	Amount         int64  `json:"amount"`
	Currency       string `json:"currency"`
	Status         string `json:"status"`
	DeclineCode    string `json:"decline_code"`
	Message        string `json:"message"`
	IdempotencyKey string `json:"idempotency_key"`
}

func (a authorization) money() domain.Money {
	return domain.Money{Amount: a.Amount, Currency: a.Currency}
}

// kinds of facts by paysim's statuses.
var kinds = map[string]provider.Kind{
	"authorized": provider.Authorized, "declined": provider.Declined, "voided": provider.Voided,
	"expired": provider.Expired, "captured": provider.Captured, "refunded": provider.Voided,
}

// fact is what paysim says of an authorization, in its own values.
func (a authorization) fact() (provider.Fact, error) {
	kind, known := kinds[a.Status]
	switch {
	case !known, kind == provider.Declined && a.DeclineCode == "":
		return provider.Fact{}, &provider.UnclearError{Reference: a.ID, Status: a.Status}
	case kind == provider.Declined:
		return provider.Fact{
			Kind: kind, OrderID: a.Reference, Key: a.IdempotencyKey, DeclineCode: a.DeclineCode, DeclineMessage: a.Message,
		}, nil
	default:
		return provider.Fact{Kind: kind, OrderID: a.Reference, Key: a.IdempotencyKey, Reference: a.ID, Money: a.money()}, nil
	}
}

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
