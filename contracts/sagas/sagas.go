// Package sagas has the names that the services and the worker share in Temporal: workflows,
// updates, activities, search attributes. Inputs and results are the messages of the services. It
// has no workflow code.
package sagas

import (
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
)

// TaskQueue is the default task queue of workers.
const TaskQueue = "ordersaga"

// Workflow names, as in the Temporal Web UI. Their results are commonv1.Outcome, except for
// SweepOrders.
const (
	// PlaceOrder's input is ordersv1.PlaceOrderInput.
	PlaceOrder = "PlaceOrder"
	// CancelOrder's input is ordersv1.CancelOrderInput.
	CancelOrder = "CancelOrder"
	// ShipOrder's input is ordersv1.ShipOrderInput.
	ShipOrder = "ShipOrder"
	// RefundOrder's input is ordersv1.RefundOrderInput.
	RefundOrder = "RefundOrder"
	// RepairOrder continues a saga that was stuck. Input: commonv1.SagaRun.
	RepairOrder = "RepairOrder"
	// ResumeOrder continues a saga whose run was lost. Input: commonv1.SagaRun.
	ResumeOrder = "ResumeOrder"
	// SweepOrders finds sagas whose run was lost. Input: SweepOrdersInput, result:
	// SweepOrdersResult.
	SweepOrders = "SweepOrders"
)

// PlaceOrderRevision is the revision of PlaceOrder's story that new runs follow (see
// ordersv1.PlaceOrderInput).
const PlaceOrderRevision = 2

// Kinds of sagas, in the barrier's keys and in the order's events.
const (
	KindPlaceOrder  = "place-order"
	KindCancelOrder = "cancel-order"
	KindShipOrder   = "ship-order"
	KindRefundOrder = "refund-order"
)

// Placing is the saga that places an order. An order is placed once: the instance is its id.
func Placing(orderID string) *commonv1.Saga {
	return &commonv1.Saga{OrderId: orderID, Kind: KindPlaceOrder, Instance: orderID}
}

// Updates. Every workflow of an order handles all of them: one that does not serve an update
// refuses it with refusals.SagaInProgress.
const (
	// UpdatePlace waits for the outcome of PlaceOrder. Argument: PlaceRequest. Result:
	// commonv1.Outcome, whose status is StatusPlaced when the saga got stuck.
	UpdatePlace = "place"
	// UpdateWake ends the pause of a stuck saga; what it does next is recorded at the order before.
	// No argument, no result. A saga that does not pause ignores it.
	UpdateWake = "wake"
)

// Updates lists every update a saga may be sent.
func Updates() []string { return []string{UpdatePlace, UpdateWake} }

// DataConverter encodes payloads: messages as JSON that the Web UI can show. Unknown fields are
// ignored, so that builds of two versions can run at the same time. Clients, workers, replayers and
// tests use it.
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
	// OrderStatus is the order's status in the saga.
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

// MemoNextTry is the field of a run's memo that has the time of a stuck saga's next try, RFC 3339.
const MemoNextTry = "NextTry"

// Values of SagaState.
const (
	SagaRunning   = "running"
	SagaUndoing   = "undoing"
	SagaStuck     = "stuck"
	SagaCompleted = "completed"
)

// WorkflowID returns the workflow id of an order. All its sagas use this id, so that Temporal
// allows only one open run at a time.
func WorkflowID(orderID string) string { return "order-" + orderID }

// PlaceUpdateID returns the update id of a request, so that repeated requests are one update.
func PlaceUpdateID(requestHash string) string { return "place-" + requestHash }

// SweepOrdersInput starts SweepOrders.
type SweepOrdersInput struct {
	// OlderThan excludes sagas that began recently.
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

// WorkflowTaskTimeout of every saga: the delay when a worker is killed during a task. It is longer
// than all local activities of one task.
const WorkflowTaskTimeout = 5 * time.Second

// Statuses of an order in a saga: placed until it is settled.
const (
	StatusPlaced    = "placed"
	StatusConfirmed = "confirmed"
	StatusRejected  = "rejected"
	StatusCancelled = "cancelled"
)
