package paysim

import (
	"fmt"
	"net/http"

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

// answers tells whether it is what was asked for: another amount is not ours to confirm.
func (a authorization) answers(asked provider.Authorization) bool {
	return a.ID != "" && a.Status == "authorized" &&
		a.Reference == asked.OrderID && a.Amount == asked.Amount && a.Currency == asked.Currency
}

func (a authorization) fact() (provider.Fact, error) {
	switch a.Status {
	case "authorized":
		return provider.Fact{Kind: provider.Authorized, Reference: a.ID}, nil
	case "voided":
		return provider.Fact{Kind: provider.Voided, Reference: a.ID}, nil
	case "declined":
		return provider.Fact{Kind: provider.Declined, DeclineCode: a.DeclineCode, DeclineMessage: a.Message}, nil
	default:
		return provider.Fact{}, fmt.Errorf("authorization %s is %q, which is not ours to deal with", a.ID, a.Status)
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
