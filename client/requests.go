package client

import (
	"context"
	"net/http"
	"time"
)

// NewCancellation cancels an order, or units of it, before it is shipped.
type NewCancellation struct {
	// Key is the idempotency key: the same key is the same cancellation. "" makes a new one.
	Key string `json:"-"`
	// ETag of the order or of a preview; "*" for any version. When the order has changed since,
	// nothing is cancelled, and the error is a *Problem with status 412.
	ETag string `json:"-"`
	// Wait is how long the service may take, as in NewOrder.
	Wait time.Duration `json:"-"`

	Lines []LineUnits `json:"lines,omitempty"` // none: everything that is left of the order
	// Stock is what becomes of the units: "restock" or "" makes them available again, "write_off"
	// takes them off the stock and is for operators.
	Stock string `json:"stock,omitempty"`
	// Fee is what the shop keeps of the units' amount; for operators.
	Fee    *Money `json:"fee,omitempty"`
	Reason string `json:"reason"`         // customer, fraud, unavailable or other
	Note   string `json:"note,omitempty"` // for people, at most 500 characters
}

// LineUnits is units of a line.
type LineUnits struct {
	Line     int32  `json:"line"`          // its number
	SKU      string `json:"sku,omitempty"` // in answers; not sent
	Quantity int64  `json:"quantity"`
}

// Cancellation is the cancelled units of an order.
type Cancellation struct {
	ID          string      `json:"id"`
	OrderID     string      `json:"order_id"`
	Status      string      `json:"status"` // under_way, done, refused or order_rejected
	OrderStatus string      `json:"order_status"`
	Reason      string      `json:"reason"`
	Note        string      `json:"note,omitempty"`
	Stock       string      `json:"stock"` // restock or write_off
	Lines       []LineUnits `json:"lines"`
	Amount      *Money      `json:"amount,omitempty"`   // no longer due
	Fee         *Money      `json:"fee,omitempty"`      // of it, what the shop keeps
	Refunded    *Money      `json:"refunded,omitempty"` // of it, what was captured before
	Owed        *Money      `json:"owed,omitempty"`     // of that, what failed
	Why         *Reason     `json:"why,omitempty"`      // it was refused: its fee was not captured
	RequestedAt time.Time   `json:"requested_at"`
	DoneAt      time.Time   `json:"done_at,omitzero"`
	By          string      `json:"by,omitempty"` // for operators
}

// CancellationPreview is the effect of a cancellation.
type CancellationPreview struct {
	Lines    []LineUnits `json:"lines"`
	Amount   Money       `json:"amount"`
	Fee      *Money      `json:"fee,omitempty"` // of it, what the shop would keep
	Stock    string      `json:"stock"`
	Refunded Money       `json:"refunded"` // of it, what was captured before and would be refunded
	Whole    bool        `json:"whole"`    // nothing would be left of the order
	Effect   string      `json:"effect"`
	Version  int64       `json:"version"`
	// ETag of the order, for NewCancellation.
	ETag string `json:"-"`
}

func (p *CancellationPreview) tag(etag string) { p.ETag = etag }

// PreviewCancellation returns the effect of a cancellation without doing it; without lines, of
// everything that is left. If the cancellation would be refused the error is a *Refused.
func (c *Client) PreviewCancellation(ctx context.Context, orderID string, cancellation NewCancellation) (*CancellationPreview, error) {
	return preview[CancellationPreview](ctx, c, orderID, "cancellations", struct {
		linesOf
		Stock string `json:"stock,omitempty"`
		Fee   *Money `json:"fee,omitempty"`
	}{linesOf{numbered(cancellation.Lines)}, cancellation.Stock, cancellation.Fee})
}

// CancelOrder cancels an order, or units of it, and waits up to cancellation.Wait for the outcome.
// A cancellation in progress continues by itself; see Cancellation.
func (c *Client) CancelOrder(ctx context.Context, orderID string, cancellation NewCancellation) (*Cancellation, error) {
	cancellation.Lines = numbered(cancellation.Lines)
	return request[Cancellation](ctx, c, orderID, "cancellations", cancellation.Key, cancellation.ETag, cancellation.Wait, cancellation)
}

// request posts a request on an order.
func request[T any](ctx context.Context, c *Client, orderID, kind, key, etag string, wait time.Duration, body any) (*T, error) {
	done, _, _, err := askOnce[T](ctx, c, call{
		service: orders, method: http.MethodPost, path: v1("orders", orderID, kind),
		key: key, etag: etag, wait: preference(wait), body: body, timeout: longCallTimeout,
	})
	return done, err
}

// linesOf is the body of a preview; without lines it is of everything that is left.
type linesOf struct {
	Lines []LineUnits `json:"lines,omitempty"`
}

// preview posts a possible request on an order.
func preview[T any](ctx context.Context, c *Client, orderID, kind string, body any) (*T, error) {
	return ask[T](ctx, c, call{service: orders, method: http.MethodPost, path: v1("orders", orderID, kind, "preview"), body: body})
}

// Cancellation returns the state of a cancellation.
func (c *Client) Cancellation(ctx context.Context, orderID, id string) (*Cancellation, error) {
	return ask[Cancellation](ctx, c, call{service: orders, path: v1("orders", orderID, "cancellations", id)})
}

// numbered returns the lines without SKUs, as in requests.
func numbered(lines []LineUnits) []LineUnits {
	named := make([]LineUnits, len(lines))
	for i, line := range lines {
		named[i] = LineUnits{Line: line.Line, Quantity: line.Quantity}
	}
	return named
}
