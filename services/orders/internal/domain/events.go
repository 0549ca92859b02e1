package domain

import (
	"encoding/json"
	"fmt"
	"time"
)

// Event is one thing that happened to an order.
type Event struct {
	OccurredAt time.Time
	Fact       Fact
}

// Fact is what an event says. The shape of a type never changes in a way that
// an older event cannot be read; a new shape is a new version of the type.
type Fact interface {
	// Type is the name the event is kept under.
	Type() string
	// applyTo changes the order as the fact says. It decides nothing.
	applyTo(o *Order, at time.Time)
}

// Types of events.
const (
	TypeOrderPlaced         = "OrderPlaced.v1"
	TypeStockReserved       = "StockReserved.v1"
	TypePaymentAuthorized   = "PaymentAuthorized.v1"
	TypeOrderConfirmed      = "OrderConfirmed.v1"
	TypeOrderRejected       = "OrderRejected.v1"
	TypeCompensationStarted = "CompensationStarted.v1"
	TypeOrderCancelled      = "OrderCancelled.v1"
	TypeSagaStuck           = "SagaStuck.v1"
)

// OrderPlaced opens the order's story.
type OrderPlaced struct {
	CustomerID  string       `json:"customer_id"`
	RequestHash string       `json:"request_hash"` // hex SHA-256 of the request
	Lines       []Line       `json:"lines"`
	Adjustments []Adjustment `json:"adjustments,omitempty"`
	Total       Money        `json:"total"`
}

// StockReserved: inventory held all lines.
type StockReserved struct {
	ExpiresAt time.Time `json:"expires_at"`
}

// PaymentAuthorized: the provider reserved the total on the payment method.
type PaymentAuthorized struct {
	PaymentID         string `json:"payment_id"`
	ProviderReference string `json:"provider_reference"`
}

// OrderConfirmed: stock is allocated, the payment authorized. It repeats what
// others need to be told, so that telling them takes no look at older events.
type OrderConfirmed struct {
	CustomerID string `json:"customer_id"`
	PaymentID  string `json:"payment_id"`
	Total      Money  `json:"total"`
}

// CompensationStarted: the saga turned back. From here the order cannot be
// confirmed any more; what was done for it is being undone.
type CompensationStarted struct {
	Reason  string          `json:"reason"` // of contracts/refusals
	Message string          `json:"message,omitempty"`
	Details json.RawMessage `json:"details,omitempty"` // the reason's own shape
}

// OrderRejected: the order was refused and everything undone. An order that
// could not even be recorded as placed has no customer here.
type OrderRejected struct {
	CustomerID string          `json:"customer_id,omitempty"`
	Reason     string          `json:"reason"` // of contracts/refusals
	Message    string          `json:"message,omitempty"`
	Details    json.RawMessage `json:"details,omitempty"` // the reason's own shape
}

// OrderCancelled: the saga was cancelled before its pivot and everything undone.
type OrderCancelled struct {
	CustomerID string `json:"customer_id,omitempty"`
	Reason     string `json:"reason"`
}

// SagaStuck: a step failed more often than it may.
type SagaStuck struct {
	CustomerID string `json:"customer_id,omitempty"`
	Saga       string `json:"saga"`
	Step       string `json:"step"`
	Attempts   int    `json:"attempts"`
	LastError  string `json:"last_error"`
}

// Type is the name the event is kept under.
func (OrderPlaced) Type() string { return TypeOrderPlaced }

// Type is the name the event is kept under.
func (StockReserved) Type() string { return TypeStockReserved }

// Type is the name the event is kept under.
func (PaymentAuthorized) Type() string { return TypePaymentAuthorized }

// Type is the name the event is kept under.
func (OrderConfirmed) Type() string { return TypeOrderConfirmed }

// Type is the name the event is kept under.
func (CompensationStarted) Type() string { return TypeCompensationStarted }

// Type is the name the event is kept under.
func (OrderRejected) Type() string { return TypeOrderRejected }

// Type is the name the event is kept under.
func (OrderCancelled) Type() string { return TypeOrderCancelled }

// Type is the name the event is kept under.
func (SagaStuck) Type() string { return TypeSagaStuck }

var decoders = map[string]func([]byte) (Fact, error){
	TypeOrderPlaced:         decode[OrderPlaced],
	TypeStockReserved:       decode[StockReserved],
	TypePaymentAuthorized:   decode[PaymentAuthorized],
	TypeOrderConfirmed:      decode[OrderConfirmed],
	TypeCompensationStarted: decode[CompensationStarted],
	TypeOrderRejected:       decode[OrderRejected],
	TypeOrderCancelled:      decode[OrderCancelled],
	TypeSagaStuck:           decode[SagaStuck],
}

// Decode reads a fact from the type and the JSON it was kept as. A type that is
// not known was written by a newer version of this program: to skip it would be
// to answer wrongly, so it is an error.
func Decode(eventType string, data []byte) (Fact, error) {
	decoder, known := decoders[eventType]
	if !known {
		return nil, fmt.Errorf("event type %q is not known to this version", eventType)
	}
	fact, err := decoder(data)
	if err != nil {
		return nil, fmt.Errorf("event of type %q: %w", eventType, err)
	}
	return fact, nil
}

func decode[F Fact](data []byte) (Fact, error) {
	var fact F
	if err := json.Unmarshal(data, &fact); err != nil {
		return nil, err
	}
	return fact, nil
}
