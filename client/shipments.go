package client

import (
	"context"
	"net/http"
	"time"
)

// NewShipment ships units of a confirmed order; for operators.
type NewShipment struct {
	// Key, ETag and Wait as in NewCancellation.
	Key  string        `json:"-"`
	ETag string        `json:"-"`
	Wait time.Duration `json:"-"`

	Lines    []LineUnits `json:"lines,omitempty"` // none: everything that is left of the order
	Carrier  string      `json:"carrier,omitempty"`
	Tracking string      `json:"tracking,omitempty"` // a code or an https address
	Note     string      `json:"note,omitempty"`
}

// Shipment is units of an order that leave, or have left.
type Shipment struct {
	ID          string      `json:"id"`
	OrderID     string      `json:"order_id"`
	Status      string      `json:"status"` // under_way, refused, shipped or delivered
	OrderStatus string      `json:"order_status"`
	Lines       []LineUnits `json:"lines"`
	Amount      Money       `json:"amount"`   // of the units
	Captured    Money       `json:"captured"` // with this shipment
	Carrier     string      `json:"carrier,omitempty"`
	Tracking    string      `json:"tracking,omitempty"`
	Note        string      `json:"note,omitempty"`
	Why         *Reason     `json:"why,omitempty"` // it was refused
	RequestedAt time.Time   `json:"requested_at"`
	DoneAt      time.Time   `json:"done_at,omitzero"`
	DeliveredAt time.Time   `json:"delivered_at,omitzero"`
	By          string      `json:"by,omitempty"` // for operators
}

// ShipmentPreview is the effect of a shipment.
type ShipmentPreview struct {
	Lines    []LineUnits `json:"lines"`
	Amount   Money       `json:"amount"`
	Captured Money       `json:"captured"`
	Last     bool        `json:"last"` // nothing would be captured later
	Effect   string      `json:"effect"`
	Version  int64       `json:"version"`
	// ETag of the order, for NewShipment.
	ETag string `json:"-"`
}

func (p *ShipmentPreview) tag(etag string) { p.ETag = etag }

// PreviewShipment returns the effect of a shipment without doing it; without lines, of everything
// that is left. If it would be refused the error is a *Refused.
func (c *Client) PreviewShipment(ctx context.Context, orderID string, lines []LineUnits) (*ShipmentPreview, error) {
	return preview[ShipmentPreview](ctx, c, orderID, "shipments", linesOf{numbered(lines)})
}

// ShipOrder ships units of an order, and waits up to shipment.Wait for the outcome. A shipment in
// progress continues by itself; see Shipment.
func (c *Client) ShipOrder(ctx context.Context, orderID string, shipment NewShipment) (*Shipment, error) {
	shipment.Lines = numbered(shipment.Lines)
	return request[Shipment](ctx, c, orderID, "shipments", shipment.Key, shipment.ETag, shipment.Wait, shipment)
}

// Shipment returns the state of a shipment.
func (c *Client) Shipment(ctx context.Context, orderID, id string) (*Shipment, error) {
	return ask[Shipment](ctx, c, call{service: orders, path: v1("orders", orderID, "shipments", id)})
}

// ShipmentChange is what is known of a shipment; nil and false leave it as it is.
type ShipmentChange struct {
	Carrier   *string `json:"carrier,omitempty"`
	Tracking  *string `json:"tracking,omitempty"`
	Delivered bool    `json:"delivered,omitempty"`
}

// UpdateShipment changes what is known of a shipment that has left.
func (c *Client) UpdateShipment(ctx context.Context, orderID, id string, change ShipmentChange) (*Shipment, error) {
	return ask[Shipment](ctx, c, call{service: orders, method: http.MethodPatch, path: v1("orders", orderID, "shipments", id), body: change})
}
