// Package sagas names what the services and the worker say to each other through
// Temporal: workflows, their inputs and results, updates, activities, search
// attributes. It holds no workflow code.
package sagas

import (
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/ordersaga/ordersaga/platform/refusal"
)

// TaskQueue is where workers listen unless they are told another queue.
const TaskQueue = "ordersaga"

// Workflow names, as the Temporal Web UI shows them.
const (
	PlaceOrder  = "PlaceOrder"
	ResumeOrder = "ResumeOrder"
	SweepOrders = "SweepOrders"
)

// Updates. Every workflow of an order knows them all: one that does not serve an
// update refuses it with refusals.SagaInProgress.
const (
	// UpdatePlace waits for the outcome of PlaceOrder. Argument: PlaceRequest.
	// Result: Outcome.
	UpdatePlace = "place"
)

// Updates lists every update a saga may be sent.
func Updates() []string { return []string{UpdatePlace} }

// Search attributes, all keywords.
var (
	// OrderStatus is the order's status as the saga knows it.
	OrderStatus = temporal.NewSearchAttributeKeyKeyword("OrderStatus")
	// SagaState is one of the SagaState constants.
	SagaState = temporal.NewSearchAttributeKeyKeyword("SagaState")
	// CustomerID is the subject of the shopper's token.
	CustomerID = temporal.NewSearchAttributeKeyKeyword("CustomerId")
)

// SearchAttributes are the names a namespace must have, all of type Keyword.
func SearchAttributes() []string {
	return []string{OrderStatus.GetName(), SagaState.GetName(), CustomerID.GetName()}
}

// Values of SagaState.
const (
	SagaRunning   = "running"
	SagaUndoing   = "undoing"
	SagaStuck     = "stuck"
	SagaCompleted = "completed"
)

// WorkflowID is the one workflow id of an order: every saga on it runs under it,
// so that Temporal lets only one be open at a time.
func WorkflowID(orderID string) string { return "order-" + orderID }

// PlaceUpdateID makes the wait for one request one update, however often it is
// sent.
func PlaceUpdateID(requestHash string) string { return "place-" + requestHash }

// Line of an order with the price it was quoted at.
type Line struct {
	SKU       string `json:"sku"`
	Name      string `json:"name"`
	UnitPrice int64  `json:"unit_price"` // minor units for one unit
	Quantity  int64  `json:"quantity"`
}

// Adjustment of the total: kind "shipping", "tax" or "discount" (negative).
type Adjustment struct {
	Kind   string `json:"kind"`
	Amount int64  `json:"amount"` // minor units
}

// PlaceOrderInput starts PlaceOrder.
type PlaceOrderInput struct {
	OrderID     string       `json:"order_id"`
	CustomerID  string       `json:"customer_id"`
	RequestHash string       `json:"request_hash"` // hex SHA-256 of the request
	Lines       []Line       `json:"lines"`
	Adjustments []Adjustment `json:"adjustments,omitempty"`
	Total       int64        `json:"total"` // minor units
	Currency    string       `json:"currency"`
	// PaymentMethod is the provider's token of a payment method.
	PaymentMethod string    `json:"payment_method"`
	PlacedAt      time.Time `json:"placed_at"`
}

// ResumeOrderInput starts ResumeOrder on an order whose saga is gone.
type ResumeOrderInput struct {
	OrderID    string `json:"order_id"`
	CustomerID string `json:"customer_id"`
}

// SweepOrdersInput starts SweepOrders.
type SweepOrdersInput struct {
	// OlderThan spares orders that were placed just now.
	OlderThan time.Duration `json:"older_than"`
}

// SweepOrdersResult counts what a sweep found.
type SweepOrdersResult struct {
	Unsettled int `json:"unsettled"` // orders that were looked at
	Resumed   int `json:"resumed"`   // of these, without an open run
}

// PlaceRequest is the argument of UpdatePlace.
type PlaceRequest struct {
	RequestHash string `json:"request_hash"`
}

// WorkflowTaskTimeout of every saga: a worker that is killed with a task in hand
// costs this long. It is above the local activities of one task together.
const WorkflowTaskTimeout = 5 * time.Second

// Statuses of an order as a saga says them: placed until it is settled.
const (
	StatusPlaced    = "placed"
	StatusConfirmed = "confirmed"
	StatusRejected  = "rejected"
	StatusCancelled = "cancelled"
)

// Outcome is how a saga ended: the result of the workflow and of its update. A
// rejected order is a completed workflow whose outcome says why.
type Outcome struct {
	OrderID string `json:"order_id"`
	Status  string `json:"status"`
	// Refusal says why the order was not confirmed.
	Refusal *refusal.Refusal `json:"refusal,omitempty"`
}
