package domain

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// Event is an event of an order.
type Event struct {
	OccurredAt time.Time
	Fact       Fact
}

// Fact is the data of an event. A type never changes so that older events cannot be read; a new
// form is a new version of the type.
type Fact interface {
	// applyTo applies the fact to the order. It makes no decisions.
	applyTo(o *Order, at time.Time)
}

// OrderPlaced is the first event of an order. In older streams without SagaBegan it also begins the
// saga.
type OrderPlaced struct {
	CustomerID  string       `json:"customer_id"`
	RequestHash string       `json:"request_hash"` // hex SHA-256 of the request
	Lines       []Line       `json:"lines"`
	Adjustments []Adjustment `json:"adjustments,omitempty"`
	Total       Money        `json:"total"`
	// Number is the order's number for people. Older events do not have it and the fields after it.
	Number    int64             `json:"number,omitempty"`
	Reference string            `json:"reference,omitempty"` // the shop's own
	Metadata  map[string]string `json:"metadata,omitempty"`  // the shop's own
	Personal  *Sealed           `json:"personal,omitempty"`
}

// Sealed is personal data encrypted with a key of the shopper, because events are kept for ever.
type Sealed struct {
	KeyID string `json:"key_id"` // a UUID
	Data  []byte `json:"data"`   // encrypted
}

// SagaBegan: a saga works on the order until SagaEnded; it is the only one.
type SagaBegan struct {
	Saga
	CustomerID string `json:"customer_id"`
	// Input is the saga's input as JSON, bounded by the command that appends it: the saga is
	// started again from it when its run is lost. It is empty for placing, whose input derives from
	// OrderPlaced.
	Input json.RawMessage `json:"input,omitempty"`
}

// SagaStuck: steps of the open saga failed more often than they may.
type SagaStuck struct {
	Saga
	CustomerID string      `json:"customer_id,omitempty"`
	Steps      []StuckStep `json:"steps"`
	Build      string      `json:"build,omitempty"` // of the worker that made the last try
}

// SagaEnded: the saga has ended.
type SagaEnded struct {
	Saga
	CustomerID string `json:"customer_id,omitempty"` // older events lack it
	Outcome
}

// StockReserved: inventory held all lines.
type StockReserved struct {
	ExpiresAt time.Time `json:"expires_at"`
}

// StockReleased: the held or allocated stock is free again.
type StockReleased struct{}

// PaymentAuthorized: the provider reserved the amount on the payment method.
type PaymentAuthorized struct {
	PaymentID         string `json:"payment_id"`
	ProviderReference string `json:"provider_reference"`
	Amount            Money  `json:"amount,omitzero"` // older events lack it: the order's total
	// Authorization is the id that captures name. Older events do not have it and the fields after it.
	Authorization string    `json:"authorization_id,omitempty"`
	MultiCapture  bool      `json:"multi_capture,omitempty"` // it can be captured in several parts
	CaptureBefore time.Time `json:"capture_before,omitzero"` // zero: the provider does not say
}

// PaymentVoided: the authorization was voided.
type PaymentVoided struct {
	PaymentID string `json:"payment_id"`
}

// OrderConfirmed: stock is allocated, the payment authorized. It repeats fields of earlier events
// that consumers need.
type OrderConfirmed struct {
	CustomerID string `json:"customer_id"`
	PaymentID  string `json:"payment_id"`
	Total      Money  `json:"total"`
}

// CompensationStarted: the open saga turned back. An order that is being placed cannot be confirmed
// any more; its steps are being undone.
type CompensationStarted struct {
	Refused
}

// OrderRejected: the order was rejected and everything undone. It has no customer when the order
// was never recorded as placed.
type OrderRejected struct {
	CustomerID string `json:"customer_id,omitempty"`
	Refused
}

// OrderCancelled: the whole order is cancelled, and everything was undone.
type OrderCancelled struct {
	CustomerID string `json:"customer_id,omitempty"`
	Refused
}

// CancelRequested: a cancellation was requested while the order was being placed.
type CancelRequested struct {
	Instance   string `json:"instance"`
	CustomerID string `json:"customer_id,omitempty"`
	Reason     string `json:"reason"`
	Note       string `json:"note,omitempty"`
	By         string `json:"by"`
	Hash       string `json:"hash"` // of the request
}

// UnitsCancelled: units of a confirmed order were cancelled, and their stock is free again.
type UnitsCancelled struct {
	Instance   string `json:"instance"`
	CustomerID string `json:"customer_id,omitempty"`
	Cancellation
}

// PaymentCaptured: an amount of an authorization was taken, or the provider has accepted to take it.
type PaymentCaptured struct {
	PaymentID         string `json:"payment_id"`
	CaptureID         string `json:"capture_id"`
	Authorization     string `json:"authorization_id"`
	ProviderReference string `json:"provider_reference,omitempty"` // empty when nothing was due
	Amount            Money  `json:"amount"`
	Shipment          string `json:"shipment"`
}

// PaymentRefunded: an amount of a capture was given back, or the provider has accepted to do it.
type PaymentRefunded struct {
	PaymentID         string `json:"payment_id"`
	RefundID          string `json:"refund_id"`
	CaptureID         string `json:"capture_id,omitempty"`         // empty for a refund of zero
	ProviderReference string `json:"provider_reference,omitempty"` // empty for a refund of zero
	Amount            Money  `json:"amount"`
}

// PaymentRefundFailed: the provider did not give an amount back. The shop owes it.
type PaymentRefundFailed struct {
	PaymentID string `json:"payment_id"`
	RefundID  string `json:"refund_id"`
	CaptureID string `json:"capture_id"`
	Amount    Money  `json:"amount"`
	Code      string `json:"code,omitempty"` // the provider's
}

// PaymentCaptureFailed: a capture that was accepted or made was taken back. The shopper owes it.
type PaymentCaptureFailed struct {
	PaymentID string `json:"payment_id"`
	CaptureID string `json:"capture_id"`
	Amount    Money  `json:"amount"`
	Code      string `json:"code,omitempty"` // the provider's
	Open      int64  `json:"open,omitempty"` // of the authorization after it, in minor units
}

// AuthorizationEnded: the authorization ended at the provider, and nobody here asked for it.
type AuthorizationEnded struct {
	PaymentID     string `json:"payment_id"`
	Authorization string `json:"authorization_id"`
	State         string `json:"state"` // voided, expired or captured
}

// UnitsShipped: units have left, and their amount is captured.
type UnitsShipped struct {
	Instance   string `json:"instance"` // names the shipment
	CustomerID string `json:"customer_id"`
	Shipment
}

// ShipmentTracked: the carrier or the tracking code of a shipment changed.
type ShipmentTracked struct {
	Shipment   string `json:"shipment"`
	CustomerID string `json:"customer_id"`
	Parcel
}

// ShipmentDelivered: a shipment has arrived.
type ShipmentDelivered struct {
	Shipment   string `json:"shipment"`
	CustomerID string `json:"customer_id"`
	By         string `json:"by"`
}

// OrderRefunded: RefundOrder asked the provider to give an amount back. What came of it is in the
// events before it.
type OrderRefunded struct {
	Instance   string `json:"instance"`
	CustomerID string `json:"customer_id"`
	Refund
}

// DebtSettled: an amount whose refund had failed was paid in another way.
type DebtSettled struct {
	Instance   string `json:"instance"` // of the request whose refund had failed
	CustomerID string `json:"customer_id"`
	Amount     Money  `json:"amount"`
	Reference  string `json:"reference"` // where it was paid
	By         string `json:"by"`
}

// facts has the fact of each type under which events are stored.
var facts = map[string]Fact{
	"OrderPlaced.v1":          OrderPlaced{},
	"SagaBegan.v1":            SagaBegan{},
	"SagaStuck.v2":            SagaStuck{},
	"SagaEnded.v1":            SagaEnded{},
	"StockReserved.v1":        StockReserved{},
	"StockReleased.v1":        StockReleased{},
	"PaymentAuthorized.v1":    PaymentAuthorized{},
	"PaymentVoided.v1":        PaymentVoided{},
	"OrderConfirmed.v1":       OrderConfirmed{},
	"CompensationStarted.v1":  CompensationStarted{},
	"OrderRejected.v1":        OrderRejected{},
	"OrderCancelled.v1":       OrderCancelled{},
	"CancelRequested.v1":      CancelRequested{},
	"UnitsCancelled.v1":       UnitsCancelled{},
	"OperatorActed.v1":        OperatorActed{},
	"ActsTaken.v1":            ActsTaken{},
	"PaymentCaptured.v1":      PaymentCaptured{},
	"PaymentRefunded.v1":      PaymentRefunded{},
	"PaymentRefundFailed.v1":  PaymentRefundFailed{},
	"PaymentCaptureFailed.v1": PaymentCaptureFailed{},
	"AuthorizationEnded.v1":   AuthorizationEnded{},
	"UnitsShipped.v1":         UnitsShipped{},
	"ShipmentTracked.v1":      ShipmentTracked{},
	"ShipmentDelivered.v1":    ShipmentDelivered{},
	"OrderRefunded.v1":        OrderRefunded{},
	"DebtSettled.v1":          DebtSettled{},
}

// sagaStuckV1 is the type of a SagaStuck with one step.
const sagaStuckV1 = "SagaStuck.v1"

var typeNames = namesOf(facts)

func namesOf(facts map[string]Fact) map[reflect.Type]string {
	names := make(map[reflect.Type]string, len(facts))
	for name, fact := range facts {
		names[reflect.TypeOf(fact)] = name
	}
	return names
}

// TypeOf returns the type under which a fact is stored.
func TypeOf(fact Fact) string { return typeNames[reflect.TypeOf(fact)] }

// Decode reads a fact from its type and JSON. An unknown type was written by a newer version of
// this program; it is an error, because skipping it would give wrong answers.
func Decode(eventType string, data []byte) (fact Fact, err error) {
	known, ok := facts[eventType]
	switch {
	case eventType == sagaStuckV1:
		fact, err = decodeSagaStuckV1(data)
	case !ok:
		return nil, fmt.Errorf("this version does not know the event type %q", eventType)
	default:
		fact, err = decode(reflect.TypeOf(known), data)
	}
	if err != nil {
		return nil, fmt.Errorf("event of type %q: %w", eventType, err)
	}
	return fact, nil
}

func decode(factType reflect.Type, data []byte) (Fact, error) {
	fact := reflect.New(factType)
	if err := json.Unmarshal(data, fact.Interface()); err != nil {
		return nil, err
	}
	return fact.Elem().Interface().(Fact), nil
}

// decodeSagaStuckV1 reads the version with one step, which only placing wrote.
func decodeSagaStuckV1(data []byte) (Fact, error) {
	var old struct {
		StuckStep
		CustomerID string `json:"customer_id"`
	}
	if err := json.Unmarshal(data, &old); err != nil {
		return nil, err
	}
	return SagaStuck{Saga: Saga{Kind: sagas.KindPlaceOrder}, CustomerID: old.CustomerID, Steps: []StuckStep{old.StuckStep}}, nil
}
