package client

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
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

	Lines  []CancelledLine `json:"lines,omitempty"` // none: everything that is left of the order
	Reason string          `json:"reason"`          // customer, fraud, unavailable or other
	Note   string          `json:"note,omitempty"`  // for people, at most 500 characters
}

// CancelledLine is units of a line.
type CancelledLine struct {
	Line     int32  `json:"line"`          // its number
	SKU      string `json:"sku,omitempty"` // in answers; not sent
	Quantity int64  `json:"quantity"`
}

// Cancellation is the cancelled units of an order.
type Cancellation struct {
	ID          string          `json:"id"`
	OrderID     string          `json:"order_id"`
	Status      string          `json:"status"` // under_way, done or order_rejected
	OrderStatus string          `json:"order_status"`
	Reason      string          `json:"reason"`
	Note        string          `json:"note,omitempty"`
	Lines       []CancelledLine `json:"lines"`
	Amount      *Money          `json:"amount,omitempty"` // no longer due
	RequestedAt time.Time       `json:"requested_at"`
	DoneAt      time.Time       `json:"done_at,omitzero"`
	By          string          `json:"by,omitempty"` // for operators
}

// CancellationPreview is the effect of a cancellation.
type CancellationPreview struct {
	Lines   []CancelledLine `json:"lines"`
	Amount  Money           `json:"amount"`
	Whole   bool            `json:"whole"` // nothing would be left of the order
	Effect  string          `json:"effect"`
	Version int64           `json:"version"`
	// ETag of the order, for NewCancellation.
	ETag string `json:"-"`
}

// PreviewCancellation returns the effect of a cancellation without doing it; without lines, of
// everything that is left. If the cancellation would be refused the error is a *Refused.
func (c *Client) PreviewCancellation(ctx context.Context, orderID string, lines []CancelledLine) (*CancellationPreview, error) {
	preview := new(CancellationPreview)
	got, err := c.do(ctx, call{
		service: orders, method: http.MethodPost, path: cancellations(orderID) + "/preview",
		body: map[string]any{"lines": numbered(lines)},
	}, preview)
	if err != nil {
		return nil, err
	}
	preview.ETag = got.header.Get("ETag")
	return preview, nil
}

// CancelOrder cancels an order, or units of it, and waits up to cancellation.Wait for the outcome.
// A cancellation in progress continues by itself; see Cancellation.
func (c *Client) CancelOrder(ctx context.Context, orderID string, cancellation NewCancellation) (*Cancellation, error) {
	key, err := key(cancellation.Key, rand.Text)
	if err != nil {
		return nil, err
	}
	cancellation.Lines = numbered(cancellation.Lines)
	headers := map[string]string{"Idempotency-Key": key, "If-Match": cancellation.ETag}
	if prefer := preference(cancellation.Wait); prefer != "" {
		headers["Prefer"] = prefer
	}
	done := new(Cancellation)
	_, err = c.do(ctx, call{
		service: orders, method: http.MethodPost, path: cancellations(orderID), headers: headers, body: cancellation, timeout: longCallTimeout,
	}, done)
	if err != nil {
		return nil, unsure(key, err)
	}
	return done, nil
}

// Cancellation returns the state of a cancellation.
func (c *Client) Cancellation(ctx context.Context, orderID, id string) (*Cancellation, error) {
	return get[Cancellation](ctx, c, orders, cancellations(orderID)+"/"+url.PathEscape(id))
}

// numbered returns the lines without SKUs, as in requests.
func numbered(lines []CancelledLine) []CancelledLine {
	named := make([]CancelledLine, len(lines))
	for i, line := range lines {
		named[i] = CancelledLine{Line: line.Line, Quantity: line.Quantity}
	}
	return named
}

func cancellations(orderID string) string {
	return "/v1/orders/" + url.PathEscape(orderID) + "/cancellations"
}
