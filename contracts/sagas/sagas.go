// Package sagas names what the services and the worker say to each other through Temporal:
// workflows, updates, activities, search attributes. Inputs and results are the messages of the
// services. It holds no workflow code.
package sagas

import (
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
)

// TaskQueue is where workers listen unless they are told another queue.
const TaskQueue = "ordersaga"

// Workflow names, as the Temporal Web UI shows them. Their results are commonv1.Outcome, but that
// of SweepOrders.
const (
	// PlaceOrder's input is ordersv1.PlaceOrderInput.
	PlaceOrder = "PlaceOrder"
	// CancelOrder's input is ordersv1.CancelOrderInput.
	CancelOrder = "CancelOrder"
	// RepairOrder goes on with a saga that was stuck. Input: commonv1.SagaRun.
	RepairOrder = "RepairOrder"
	// ResumeOrder goes on with a saga whose run is gone. Input: commonv1.SagaRun.
	ResumeOrder = "ResumeOrder"
	// SweepOrders looks for such sagas. Input: SweepOrdersInput, result: SweepOrdersResult.
	SweepOrders = "SweepOrders"
)

// Kinds of sagas, in the barrier's keys and in the order's events.
const (
	KindPlaceOrder  = "place-order"
	KindCancelOrder = "cancel-order"
)

// Placing is the saga that places an order. An order is placed once: the instance is its id.
func Placing(orderID string) *commonv1.Saga {
	return &commonv1.Saga{OrderId: orderID, Kind: KindPlaceOrder, Instance: orderID}
}

// Updates. Every workflow of an order knows them all: one that does not serve an update refuses it
// with refusals.SagaInProgress.
const (
	// UpdatePlace waits for the outcome of PlaceOrder. Argument: PlaceRequest. Result:
	// commonv1.Outcome, whose status is StatusPlaced when the saga got stuck.
	UpdatePlace = "place"
	// UpdateWake ends the pause of a stuck saga: what it shall do is written down at the order
	// before. No argument, no result. A saga that does not pause ignores it.
	UpdateWake = "wake"
)

// Updates lists every update a saga may be sent.
func Updates() []string { return []string{UpdatePlace, UpdateWake} }

// DataConverter is how payloads are kept: messages as JSON that the Web UI can show. A field that
// this build does not know is passed over, so that builds of two versions can run side by side.
// Clients, workers, replayers and tests use this one.
func DataConverter() converter.DataConverter {
	return converter.NewCompositeDataConverter(
		converter.NewNilPayloadConverter(),
		converter.NewByteSlicePayloadConverter(),
		converter.NewProtoJSONPayloadConverterWithOptions(converter.ProtoJSONPayloadConverterOptions{AllowUnknownFields: true}),
		converter.NewProtoPayloadConverter(),
		converter.NewJSONPayloadConverter(),
	)
}

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

// WorkflowID is the one workflow id of an order: every saga on it runs under it, so that Temporal
// lets only one be open at a time.
func WorkflowID(orderID string) string { return "order-" + orderID }

// PlaceUpdateID makes the wait for one request one update, however often it is sent.
func PlaceUpdateID(requestHash string) string { return "place-" + requestHash }

// SweepOrdersInput starts SweepOrders.
type SweepOrdersInput struct {
	// OlderThan spares sagas that began just now.
	OlderThan time.Duration `json:"older_than"`
}

// SweepOrdersResult counts what a sweep found.
type SweepOrdersResult struct {
	Open    int `json:"open"`    // sagas that were looked at
	Resumed int `json:"resumed"` // of these, without an open run
	Failed  int `json:"failed"`  // of these, could not be looked at
}

// PlaceRequest is the argument of UpdatePlace.
type PlaceRequest struct {
	RequestHash string `json:"request_hash"`
}

// WorkflowTaskTimeout of every saga: a worker that is killed with a task in hand costs this long.
// It is above the local activities of one task together.
const WorkflowTaskTimeout = 5 * time.Second

// Statuses of an order as a saga says them: placed until it is settled.
const (
	StatusPlaced    = "placed"
	StatusConfirmed = "confirmed"
	StatusRejected  = "rejected"
	StatusCancelled = "cancelled"
)
