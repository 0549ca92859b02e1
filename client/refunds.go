package client

import (
	"context"
	"net/http"
	"time"
)

// NewRefund gives an amount of an order back without a return, or tries again a refund that failed;
// for operators.
type NewRefund struct {
	// Key, ETag and Wait as in NewCancellation.
	Key  string        `json:"-"`
	ETag string        `json:"-"`
	Wait time.Duration `json:"-"`

	Amount *Money `json:"amount,omitempty"`
	// Retries is the id of the cancellation or refund whose refund failed, in place of an amount.
	Retries string `json:"retries,omitempty"`
	Reason  string `json:"reason"` // goodwill, damaged, late, price, retry or other
	Note    string `json:"note,omitempty"`
}

// Refund is an amount that is, or was, given back.
type Refund struct {
	ID          string    `json:"id"`
	OrderID     string    `json:"order_id"`
	Status      string    `json:"status"` // under_way, refused, done or failed
	OrderStatus string    `json:"order_status"`
	Amount      Money     `json:"amount"`
	Owed        *Money    `json:"owed,omitempty"` // what of it failed
	Retries     string    `json:"retries,omitempty"`
	Reason      string    `json:"reason"`
	Note        string    `json:"note,omitempty"`
	Why         *Reason   `json:"why,omitempty"` // it was refused
	RequestedAt time.Time `json:"requested_at"`
	DoneAt      time.Time `json:"done_at,omitzero"`
	By          string    `json:"by,omitempty"` // for operators
}

// RefundPreview is the effect of a refund.
type RefundPreview struct {
	Amount  Money  `json:"amount"`
	Effect  string `json:"effect"`
	Version int64  `json:"version"`
	// ETag of the order, for NewRefund.
	ETag string `json:"-"`
}

func (p *RefundPreview) tag(etag string) { p.ETag = etag }

// PreviewRefund returns the effect of a refund without doing it. If it would be refused the error is
// a *Refused.
func (c *Client) PreviewRefund(ctx context.Context, orderID string, refund NewRefund) (*RefundPreview, error) {
	return preview[RefundPreview](ctx, c, orderID, "refunds", struct {
		Amount  *Money `json:"amount,omitempty"`
		Retries string `json:"retries,omitempty"`
	}{refund.Amount, refund.Retries})
}

// RefundOrder gives an amount back, and waits up to refund.Wait for the outcome. A refund in progress
// continues by itself; see Refund.
func (c *Client) RefundOrder(ctx context.Context, orderID string, refund NewRefund) (*Refund, error) {
	return request[Refund](ctx, c, orderID, "refunds", refund.Key, refund.ETag, refund.Wait, refund)
}

// Refund returns the state of a refund.
func (c *Client) Refund(ctx context.Context, orderID, id string) (*Refund, error) {
	return ask[Refund](ctx, c, call{service: orders, path: v1("orders", orderID, "refunds", id)})
}

// OrderLedger says who owes whom of an order, and why.
type OrderLedger struct {
	OrderID  string       `json:"order_id"`
	Currency string       `json:"currency"`
	Version  int64        `json:"version"`
	Entries  []OrderEntry `json:"entries"` // the oldest first
	Balances []LedgerLine `json:"balances"`
	Prepaid  int64        `json:"prepaid"` // captured for units that are not shipped, minor units
	Owed     int64        `json:"owed"`    // shipped and not paid for, minor units
	Debts    []Debt       `json:"debts"`
}

// OrderEntry is something that happened to an order's money. Its lines add up to 0.
type OrderEntry struct {
	ID    string       `json:"id"`
	At    time.Time    `json:"at"`
	Text  string       `json:"text"`
	Lines []LedgerLine `json:"lines"`
}

// Debt is what is owed of a refund that failed.
type Debt struct {
	Request string `json:"request"` // the cancellation or refund
	Amount  int64  `json:"amount"`  // minor units
}

// OrderLedger returns the ledger of an order; for operators.
func (c *Client) OrderLedger(ctx context.Context, orderID string) (*OrderLedger, error) {
	return ask[OrderLedger](ctx, c, call{service: orders, path: v1("orders", orderID, "ledger")})
}

// SettleDebt records that a refund that failed was paid in another way, and returns the ledger.
func (c *Client) SettleDebt(ctx context.Context, orderID, request, reference string) (*OrderLedger, error) {
	return ask[OrderLedger](ctx, c, call{
		service: orders, method: http.MethodPost, path: v1("orders", orderID, "debts", request, "settlement"), body: map[string]string{"reference": reference},
	})
}
