package client

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// Stock of a SKU, in units.
type Stock struct {
	SKU string `json:"sku"`
	// Name of the product; "" until the catalog's event was handled, and in receipts.
	Name      string `json:"name,omitempty"`
	OnHand    int64  `json:"on_hand"`
	Reserved  int64  `json:"reserved"`
	Available int64  `json:"available"` // OnHand - Reserved
	Version   int64  `json:"version"`
}

// Delivery is received goods.
type Delivery struct {
	// Key is the idempotency key: the same key is the same delivery. "" makes a new one.
	Key   string    `json:"-"`
	Lines []NewLine `json:"lines"` // 1 to 1,000
}

// Receipt of a delivery.
type Receipt struct {
	ID         string    `json:"id"`
	ReceivedAt time.Time `json:"received_at"`
	Levels     []Stock   `json:"levels"` // of each SKU right after
	// Key of the delivery. Replayed means that an earlier request with this key added it, and
	// nothing was added now.
	Key      string `json:"-"`
	Replayed bool   `json:"-"`
}

// ReceiveStock adds received goods, all lines or none.
func (c *Client) ReceiveStock(ctx context.Context, delivery Delivery) (*Receipt, error) {
	receipt, key, replayed, err := askOnce[Receipt](ctx, c, call{
		service: inventory, method: http.MethodPost, path: "/v1/stock/receipts", key: delivery.Key, body: delivery,
	})
	if err != nil {
		return nil, err
	}
	receipt.Key, receipt.Replayed = key, replayed
	return receipt, nil
}

// Stock returns the stock of a SKU. The error is a *Problem with status 404 for an unknown SKU.
func (c *Client) Stock(ctx context.Context, sku string) (*Stock, error) {
	return ask[Stock](ctx, c, call{service: inventory, path: v1("stock", sku)})
}

// Movement is one line of a SKU's journal.
type Movement struct {
	Kind      string    `json:"kind"` // receive, reserve, allocate, release, expire, ship, return, write_off
	Quantity  int64     `json:"quantity"`
	Reference string    `json:"reference"`      // the order, or for receive the receipt
	Line      *int32    `json:"line,omitempty"` // of the order; nil for receive
	At        time.Time `json:"at"`
}

// Movements lists the journal of a SKU, the newest first; it is empty for an unknown SKU. For
// operators.
func (c *Client) Movements(ctx context.Context, sku string) iter.Seq2[Movement, error] {
	return all(func(page PageRequest) (Page[Movement], error) { return c.MovementPage(ctx, sku, page) }, PageRequest{Limit: 200})
}

// MovementPage returns one page of Movements.
func (c *Client) MovementPage(ctx context.Context, sku string, page PageRequest) (Page[Movement], error) {
	return list[Movement](ctx, c, "movements", call{service: inventory, path: v1("stock", sku, "movements"), query: page.query()})
}
