package client

import (
	"context"
	"time"
)

// Payment of an order, with its journal.
type Payment struct {
	ID         string `json:"id"`
	OrderID    string `json:"order_id"`
	CustomerID string `json:"customer_id,omitempty"`
	// Amount that is held, or that was last requested when nothing is held.
	Amount *Money `json:"amount,omitempty"`
	// Status is none, pending, authorized, partially_captured, captured, partially_refunded,
	// refunded, declined, voiding or voided.
	Status            string             `json:"status"`
	ProviderReference string             `json:"provider_reference,omitempty"`
	Totals            PaymentTotals      `json:"totals"`
	CreatedAt         time.Time          `json:"created_at,omitzero"`
	UpdatedAt         time.Time          `json:"updated_at,omitzero"`
	Operations        []PaymentOperation `json:"operations"` // oldest first
}

// PaymentTotals are the amounts of a payment by state, in minor units.
type PaymentTotals struct {
	// Authorized is the sum of the next five.
	Authorized int64 `json:"authorized"`
	Open       int64 `json:"open"`
	Capturing  int64 `json:"capturing"` // accepted by the provider, not settled
	Captured   int64 `json:"captured"`
	Voided     int64 `json:"voided"`
	Expired    int64 `json:"expired"`

	Refunding int64 `json:"refunding"` // not settled
	Refunded  int64 `json:"refunded"`
	Disputed  int64 `json:"disputed"` // of disputes that are not won
	Fees      int64 `json:"fees"`     // of disputes
	Kept      int64 `json:"kept"`     // as fees of cancellations
}

// PaymentOperation is the request of one step of a saga to the payment provider, or a dispute.
type PaymentOperation struct {
	ID       string `json:"id"`
	Of       string `json:"of,omitempty"`       // what is captured, refunded or disputed
	Shipment string `json:"shipment,omitempty"` // what a capture is for, or a refund is of
	Saga     string `json:"saga"`
	Instance string `json:"instance"` // distinguishes sagas of one kind on one order
	Step     string `json:"step"`
	Kind     string `json:"kind"` // authorize, void, capture, refund, dispute
	State    string `json:"state"`
	// Problem is the reason why an operator has to act.
	Problem string `json:"problem,omitempty"`
	Amount  *Money `json:"amount,omitempty"` // that was asked for
	Held    *Money `json:"held,omitempty"`   // what the provider says it holds, or held
	// CaptureBefore is when the authorization ends, as far as the provider says.
	CaptureBefore     time.Time `json:"capture_before,omitzero"`
	Open              *Money    `json:"open,omitempty"`       // of an authorization, by the provider's last answer
	Refundable        *Money    `json:"refundable,omitempty"` // of a capture
	Fee               int64     `json:"fee,omitempty"`        // of a dispute; of a capture or refund, a fee that is kept; minor units
	MultiCapture      bool      `json:"multi_capture,omitempty"`
	ChargeableAgain   bool      `json:"chargeable_again,omitempty"`
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

// Payment returns the payment of an order. The error is a *Problem with status 404 when it has
// none. For operators.
func (c *Client) Payment(ctx context.Context, orderID string) (*Payment, error) {
	return ask[Payment](ctx, c, call{service: payments, path: v1("payments", orderID)})
}

// Ledger is what became of an order's money, in double entry.
type Ledger struct {
	OrderID  string          `json:"order_id"`
	Entries  []LedgerEntry   `json:"entries"` // oldest first
	Balances []LedgerBalance `json:"balances"`
}

// LedgerEntry is one change: its lines add up to zero.
type LedgerEntry struct {
	ID          string       `json:"id"`
	OperationID string       `json:"operation_id"`
	Kind        string       `json:"kind"`
	At          time.Time    `json:"at"`
	Currency    string       `json:"currency"`
	Lines       []LedgerLine `json:"lines"`
}

// LedgerLine debits an account with a positive amount and credits it with a negative one, in minor
// units.
type LedgerLine struct {
	Account string `json:"account"`
	Amount  int64  `json:"amount"`
}

// LedgerBalance is what the lines of an account add up to.
type LedgerBalance struct {
	Account  string `json:"account"`
	Currency string `json:"currency"`
	Amount   int64  `json:"amount"`
}

// PaymentLedger is the ledger of an order's payment; it has no entries when nothing moved. For
// operators.
func (c *Client) PaymentLedger(ctx context.Context, orderID string) (*Ledger, error) {
	return ask[Ledger](ctx, c, call{service: payments, path: v1("payments", orderID, "ledger")})
}
