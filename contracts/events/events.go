// Package events has the integration events that the services publish, as CloudEvents 1.0 over the
// exchange "ordersaga.events".
//
// A type is never changed in a way that breaks a reader; a new meaning is a new version of the
// type. Amounts are minor units, times are RFC 3339 in UTC, the subject is the id of the aggregate,
// and events of one subject keep their order.
package events

import "time"

// Types, which are also the routing keys.
const (
	ProductCreatedV1    = "com.ordersaga.catalog.product-created.v1"
	ProductChangedV1    = "com.ordersaga.catalog.product-changed.v1"
	StockChangedV1      = "com.ordersaga.inventory.stock-changed.v1"
	OrderPlacedV1       = "com.ordersaga.orders.order-placed.v1"
	OrderConfirmedV1    = "com.ordersaga.orders.order-confirmed.v1"
	OrderRejectedV1     = "com.ordersaga.orders.order-rejected.v1"
	OrderCancelledV1    = "com.ordersaga.orders.order-cancelled.v1"
	UnitsCancelledV1    = "com.ordersaga.orders.units-cancelled.v1"
	UnitsShippedV1      = "com.ordersaga.orders.units-shipped.v1"
	ShipmentRefusedV1   = "com.ordersaga.orders.shipment-refused.v1"
	ShipmentDeliveredV1 = "com.ordersaga.orders.shipment-delivered.v1"
	PaymentRefundedV1   = "com.ordersaga.orders.payment-refunded.v1"
	RefundFailedV1      = "com.ordersaga.orders.refund-failed.v1"
	SagaStuckV1         = "com.ordersaga.orders.saga-stuck.v1"
)

// Sources of the events.
const (
	SourceCatalog   = "/ordersaga/catalog"
	SourceInventory = "/ordersaga/inventory"
	SourceOrders    = "/ordersaga/orders"
)

// ProductCreated is the data of ProductCreatedV1; the subject is the SKU.
type ProductCreated struct {
	SKU         string `json:"sku"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// Categories are the ids of its categories; CategoryPaths has one for each, the ids from the root
	// of the tree to it: "home/kitchen/mugs".
	Categories    []string  `json:"categories,omitempty"`
	CategoryPaths []string  `json:"category_paths,omitempty"`
	Images        []Image   `json:"images,omitempty"` // in the order in which they are shown
	Price         int64     `json:"price"`            // minor units for one unit
	Currency      string    `json:"currency"`
	Active        bool      `json:"active"` // for sale; false when it is retired
	Version       int64     `json:"version"`
	CreatedAt     time.Time `json:"created_at"`
}

// Image shows a product.
type Image struct {
	URL string `json:"url"` // https
	Alt string `json:"alt"` // what it shows, in words
}

// ProductChanged is the data of ProductChangedV1: the whole product after the change, with the
// fields of ProductCreated; the subject is the SKU. A higher Version replaces a lower one, in both
// types. The event's time is the time of the change; CreatedAt does not change.
type ProductChanged ProductCreated

// StockChanged is the data of StockChangedV1: the levels of some SKUs after one operation. The
// subject is the operation's reference (an order or a receipt); Version gives the order of the
// levels of a SKU.
type StockChanged struct {
	Levels []StockLevel `json:"levels"`
}

// StockLevel is one SKU's stock. A level with a higher version replaces one with a lower version.
type StockLevel struct {
	SKU       string `json:"sku"`
	OnHand    int64  `json:"on_hand"`
	Reserved  int64  `json:"reserved"`
	Available int64  `json:"available"` // OnHand - Reserved
	Version   int64  `json:"version"`
}

// Line of an order, as it was priced when the order was placed.
type Line struct {
	SKU       string `json:"sku"`
	Name      string `json:"name"`
	UnitPrice int64  `json:"unit_price"`
	Quantity  int64  `json:"quantity"`
}

// Adjustment of an order's total: "shipping", "tax", "discount" (negative).
type Adjustment struct {
	Kind   string `json:"kind"`
	Amount int64  `json:"amount"`
	// Of a tax, when it is known: its part of each line, in the order of the lines, and of shipping.
	OfLines    []int64 `json:"of_lines,omitempty"`
	OfShipping int64   `json:"of_shipping,omitempty"`
}

// OrderPlaced is the data of OrderPlacedV1; the subject of all order events is the order's id.
type OrderPlaced struct {
	OrderID     string       `json:"order_id"`
	Number      int64        `json:"number,omitempty"`    // what people call the order
	Reference   string       `json:"reference,omitempty"` // the shop's own name of it
	CustomerID  string       `json:"customer_id"`
	Lines       []Line       `json:"lines"`
	Adjustments []Adjustment `json:"adjustments,omitempty"`
	Total       int64        `json:"total"`
	Currency    string       `json:"currency"`
	PlacedAt    time.Time    `json:"placed_at"`
}

// OrderConfirmed is the data of OrderConfirmedV1: stock is allocated and the payment authorized.
type OrderConfirmed struct {
	OrderID     string    `json:"order_id"`
	CustomerID  string    `json:"customer_id"`
	PaymentID   string    `json:"payment_id"`
	Total       int64     `json:"total"`
	Currency    string    `json:"currency"`
	ConfirmedAt time.Time `json:"confirmed_at"`
}

// OrderRejected is the data of OrderRejectedV1: everything was undone.
type OrderRejected struct {
	OrderID    string    `json:"order_id"`
	CustomerID string    `json:"customer_id"`
	Reason     string    `json:"reason"` // of contracts/refusals
	RejectedAt time.Time `json:"rejected_at"`
}

// OrderCancelled is the data of OrderCancelledV1: everything was undone, but for fees that
// UnitsCancelled told of.
type OrderCancelled struct {
	OrderID     string    `json:"order_id"`
	CustomerID  string    `json:"customer_id"`
	Reason      string    `json:"reason"`
	CancelledAt time.Time `json:"cancelled_at"`
}

// UnitsCancelled is the data of UnitsCancelledV1: units were taken out of an order before they were
// shipped. When nothing is left of the order, OrderCancelled follows.
type UnitsCancelled struct {
	OrderID     string      `json:"order_id"`
	CustomerID  string      `json:"customer_id"`
	Lines       []LineUnits `json:"lines"`
	Amount      int64       `json:"amount"`        // not due any more, minor units
	Fee         int64       `json:"fee,omitempty"` // kept of it, minor units
	Currency    string      `json:"currency"`
	Reason      string      `json:"reason"`
	WrittenOff  bool        `json:"written_off,omitempty"` // the units left the stock
	CancelledAt time.Time   `json:"cancelled_at"`
}

// LineUnits is units of a line of an order.
type LineUnits struct {
	Line     int32 `json:"line"` // its number
	Quantity int64 `json:"quantity"`
}

// UnitsShipped is the data of UnitsShippedV1: units have left, and are paid for.
type UnitsShipped struct {
	OrderID    string      `json:"order_id"`
	CustomerID string      `json:"customer_id"`
	ShipmentID string      `json:"shipment_id"`
	Lines      []LineUnits `json:"lines"`
	Carrier    string      `json:"carrier,omitempty"`
	Tracking   string      `json:"tracking,omitempty"`
	Amount     int64       `json:"amount"`   // of the units, minor units
	Captured   int64       `json:"captured"` // charged with this shipment, minor units
	Currency   string      `json:"currency"`
	ShippedAt  time.Time   `json:"shipped_at"`
}

// ShipmentRefused is the data of ShipmentRefusedV1: its amount could not be captured, and nothing
// was shipped.
type ShipmentRefused struct {
	OrderID    string    `json:"order_id"`
	CustomerID string    `json:"customer_id"`
	ShipmentID string    `json:"shipment_id"`
	Reason     string    `json:"reason"` // of contracts/refusals
	RefusedAt  time.Time `json:"refused_at"`
}

// ShipmentDelivered is the data of ShipmentDeliveredV1.
type ShipmentDelivered struct {
	OrderID     string    `json:"order_id"`
	CustomerID  string    `json:"customer_id"`
	ShipmentID  string    `json:"shipment_id"`
	DeliveredAt time.Time `json:"delivered_at"`
}

// PaymentRefunded is the data of PaymentRefundedV1: the provider gave an amount back, or accepted to
// do it.
type PaymentRefunded struct {
	OrderID    string    `json:"order_id"`
	RefundID   string    `json:"refund_id"`
	Amount     int64     `json:"amount"` // minor units
	Currency   string    `json:"currency"`
	RefundedAt time.Time `json:"refunded_at"`
}

// RefundFailed is the data of RefundFailedV1: the provider did not give an amount back. The shop
// owes it.
type RefundFailed struct {
	OrderID  string    `json:"order_id"`
	RefundID string    `json:"refund_id"`
	Amount   int64     `json:"amount"` // minor units
	Currency string    `json:"currency"`
	FailedAt time.Time `json:"failed_at"`
}

// SagaStuck is the data of SagaStuckV1: steps failed more often than they may, and the saga waits
// for its next try or for an operator.
type SagaStuck struct {
	OrderID string      `json:"order_id"`
	Saga    string      `json:"saga"` // its kind
	Steps   []StuckStep `json:"steps"`
	At      time.Time   `json:"at"`
}

// StuckStep is a step that used up its attempts.
type StuckStep struct {
	Step      string `json:"step"`
	Attempts  int    `json:"attempts"`
	LastError string `json:"last_error"`
}
