package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Payment of an order, with its journal.
type Payment struct {
	ID         string `json:"id"`
	OrderID    string `json:"order_id"`
	CustomerID string `json:"customer_id,omitempty"`
	// Amount that is held; what was asked for last, when nothing is.
	Amount            *Money             `json:"amount,omitempty"`
	Status            string             `json:"status"` // none, pending, authorized, captured, declined, voiding, voided
	ProviderReference string             `json:"provider_reference,omitempty"`
	CreatedAt         time.Time          `json:"created_at,omitzero"`
	UpdatedAt         time.Time          `json:"updated_at,omitzero"`
	Operations        []PaymentOperation `json:"operations"` // oldest first
}

// PaymentOperation is what one step of a saga asked of the payment provider.
type PaymentOperation struct {
	Saga     string `json:"saga"`
	Instance string `json:"instance"` // tells apart the sagas of one kind on one order
	Step     string `json:"step"`
	Kind     string `json:"kind"` // authorize, void
	State    string `json:"state"`
	// Problem says why an operator has to look at it.
	Problem string `json:"problem,omitempty"`
	Amount  *Money `json:"amount,omitempty"` // that was asked for
	Held    *Money `json:"held,omitempty"`   // what the provider says it holds, or held
	// CaptureBefore is when the authorization ends, as far as the provider says.
	CaptureBefore     time.Time `json:"capture_before,omitzero"`
	IdempotencyKey    string    `json:"idempotency_key"` // at the provider
	ProviderReference string    `json:"provider_reference,omitempty"`
	DeclineCode       string    `json:"decline_code,omitempty"`
	Sends             int       `json:"sends"`
	Failures          int       `json:"failures"`
	LastError         string    `json:"last_error,omitempty"`
	InHandUntil       time.Time `json:"in_hand_until,omitzero"`
	NextAttemptAt     time.Time `json:"next_attempt_at,omitzero"`
	AskedAt           time.Time `json:"asked_at,omitzero"`
	SentAt            time.Time `json:"sent_at,omitzero"`
	AnsweredAt        time.Time `json:"answered_at,omitzero"`
}

// Payment of an order; a *Problem with status 404 when nothing was ever asked of the provider for
// it. For operators.
func (c *Client) Payment(ctx context.Context, orderID string) (*Payment, error) {
	payment := new(Payment)
	_, err := c.do(ctx, call{service: payments, method: http.MethodGet, path: "/v1/payments/" + url.PathEscape(orderID)}, payment)
	if err != nil {
		return nil, err
	}
	return payment, nil
}
