package domain

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// Event is one thing that happened to an order.
type Event struct {
	OccurredAt time.Time
	Fact       Fact
}

// Fact is what an event says. The shape of a type never changes in a way that an older event cannot
// be read; a new shape is a new version of the type.
type Fact interface {
	// Type is the name the event is kept under.
	Type() string
	// applyTo changes the order as the fact says. It decides nothing.
	applyTo(o *Order, at time.Time)
}

// Types of events.
const (
	TypeOrderPlaced         = "OrderPlaced.v1"
	TypeSagaBegan           = "SagaBegan.v1"
	TypeSagaStuck           = "SagaStuck.v2"
	TypeSagaEnded           = "SagaEnded.v1"
	TypeStockReserved       = "StockReserved.v1"
	TypeStockReleased       = "StockReleased.v1"
	TypePaymentAuthorized   = "PaymentAuthorized.v1"
	TypePaymentVoided       = "PaymentVoided.v1"
	TypeOrderConfirmed      = "OrderConfirmed.v1"
	TypeCompensationStarted = "CompensationStarted.v1"
	TypeOrderRejected       = "OrderRejected.v1"
	TypeOrderCancelled      = "OrderCancelled.v1"
	TypeCancelRequested     = "CancelRequested.v1"
	TypeUnitsCancelled      = "UnitsCancelled.v1"
)

// typeSagaStuckV1 had one step. It is read as TypeSagaStuck.
const typeSagaStuckV1 = "SagaStuck.v1"

// OrderPlaced opens the order's story. In streams from before there was SagaBegan it also says that
// placing has begun.
type OrderPlaced struct {
	CustomerID  string       `json:"customer_id"`
	RequestHash string       `json:"request_hash"` // hex SHA-256 of the request
	Lines       []Line       `json:"lines"`
	Adjustments []Adjustment `json:"adjustments,omitempty"`
	Total       Money        `json:"total"`
	// Number is what people call the order. Older events lack it, and what follows.
	Number    int64             `json:"number,omitempty"`
	Reference string            `json:"reference,omitempty"` // the shop's own
	Metadata  map[string]string `json:"metadata,omitempty"`  // the shop's own
	Personal  *Sealed           `json:"personal,omitempty"`
}

// Sealed is data that can be read with a key of the shopper only: personal data in an event that is
// kept for ever.
type Sealed struct {
	KeyID string `json:"key_id"` // a UUID
	Data  []byte `json:"data"`   // encrypted
}

// SagaBegan: a saga works on the order from here on, alone, until SagaEnded.
type SagaBegan struct {
	Saga
	CustomerID string `json:"customer_id"`
	// Input is JSON of what the saga is started with, bounded by the command that appends it: from
	// it the saga is started again when its run is lost. Empty for placing, whose input follows
	// from OrderPlaced.
	Input json.RawMessage `json:"input,omitempty"`
}

// SagaStuck: steps of the open saga failed more often than they may.
type SagaStuck struct {
	Saga
	CustomerID string      `json:"customer_id,omitempty"`
	Steps      []StuckStep `json:"steps"`
}

// SagaEnded: the saga works on the order no more.
type SagaEnded struct {
	Saga
	Outcome
}

// StockReserved: inventory held all lines.
type StockReserved struct {
	ExpiresAt time.Time `json:"expires_at"`
}

// StockReleased: what was held or allocated is free again.
type StockReleased struct{}

// PaymentAuthorized: the provider reserved the amount on the payment method.
type PaymentAuthorized struct {
	PaymentID         string `json:"payment_id"`
	ProviderReference string `json:"provider_reference"`
	Amount            Money  `json:"amount,omitzero"` // older events lack it: the order's total
}

// PaymentVoided: the authorization was given back.
type PaymentVoided struct {
	PaymentID string `json:"payment_id"`
}

// OrderConfirmed: stock is allocated, the payment authorized. It repeats what others need to be
// told, so that telling them takes no look at older events.
type OrderConfirmed struct {
	CustomerID string `json:"customer_id"`
	PaymentID  string `json:"payment_id"`
	Total      Money  `json:"total"`
}

// CompensationStarted: the open saga turned back. From here an order that is being placed cannot be
// confirmed any more; what was done for it is being undone.
type CompensationStarted struct {
	Refused
}

// OrderRejected: the order was refused and everything undone. An order that could not even be
// recorded as placed has no customer here.
type OrderRejected struct {
	CustomerID string `json:"customer_id,omitempty"`
	Refused
}

// OrderCancelled: nothing is left of the order, and everything that was done for it is undone.
type OrderCancelled struct {
	CustomerID string `json:"customer_id,omitempty"`
	Refused
}

// CancelRequested: somebody asked to cancel the order while it was being placed.
type CancelRequested struct {
	Instance   string `json:"instance"`
	CustomerID string `json:"customer_id,omitempty"`
	Reason     string `json:"reason"`
	Note       string `json:"note,omitempty"`
	By         string `json:"by"`
	Hash       string `json:"hash"` // of the request
}

// UnitsCancelled: units were taken out of a confirmed order, and their stock is free again.
type UnitsCancelled struct {
	Instance   string `json:"instance"`
	CustomerID string `json:"customer_id,omitempty"`
	Cancellation
}

// Type is the name the event is kept under.
func (CancelRequested) Type() string { return TypeCancelRequested }

// Type is the name the event is kept under.
func (UnitsCancelled) Type() string { return TypeUnitsCancelled }

// Type is the name the event is kept under.
func (OrderPlaced) Type() string { return TypeOrderPlaced }

// Type is the name the event is kept under.
func (SagaBegan) Type() string { return TypeSagaBegan }

// Type is the name the event is kept under.
func (SagaStuck) Type() string { return TypeSagaStuck }

// Type is the name the event is kept under.
func (SagaEnded) Type() string { return TypeSagaEnded }

// Type is the name the event is kept under.
func (StockReserved) Type() string { return TypeStockReserved }

// Type is the name the event is kept under.
func (StockReleased) Type() string { return TypeStockReleased }

// Type is the name the event is kept under.
func (PaymentAuthorized) Type() string { return TypePaymentAuthorized }

// Type is the name the event is kept under.
func (PaymentVoided) Type() string { return TypePaymentVoided }

// Type is the name the event is kept under.
func (OrderConfirmed) Type() string { return TypeOrderConfirmed }

// Type is the name the event is kept under.
func (CompensationStarted) Type() string { return TypeCompensationStarted }

// Type is the name the event is kept under.
func (OrderRejected) Type() string { return TypeOrderRejected }

// Type is the name the event is kept under.
func (OrderCancelled) Type() string { return TypeOrderCancelled }

var decoders = map[string]func([]byte) (Fact, error){
	TypeOrderPlaced:         decode[OrderPlaced],
	TypeSagaBegan:           decode[SagaBegan],
	TypeSagaStuck:           decode[SagaStuck],
	typeSagaStuckV1:         decodeSagaStuckV1,
	TypeSagaEnded:           decode[SagaEnded],
	TypeStockReserved:       decode[StockReserved],
	TypeStockReleased:       decode[StockReleased],
	TypePaymentAuthorized:   decode[PaymentAuthorized],
	TypePaymentVoided:       decode[PaymentVoided],
	TypeOrderConfirmed:      decode[OrderConfirmed],
	TypeCompensationStarted: decode[CompensationStarted],
	TypeOrderRejected:       decode[OrderRejected],
	TypeOrderCancelled:      decode[OrderCancelled],
	TypeCancelRequested:     decode[CancelRequested],
	TypeUnitsCancelled:      decode[UnitsCancelled],
}

// Decode reads a fact from the type and the JSON it was kept as. An unknown type was written by a
// newer version of this program: to skip it would be to answer wrongly, so it is an error.
func Decode(eventType string, data []byte) (Fact, error) {
	decoder, ok := decoders[eventType]
	if !ok {
		return nil, fmt.Errorf("this version does not know the event type %q", eventType)
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

// decodeSagaStuckV1 reads the shape that had one step. Only placing got stuck then, and its name
// was not always the saga's kind.
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
