package domain

import (
	"encoding/json"
	"time"

	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// Saga names a saga of an order. An instance is one request, which may take several workflow runs.
type Saga struct {
	Kind     string `json:"kind"`
	Instance string `json:"instance"` // a UUID
}

// Placing is the saga that places an order. An order is placed once, so its id is the instance.
func Placing(orderID string) Saga { return Saga{Kind: sagas.KindPlaceOrder, Instance: orderID} }

// OpenSaga is the saga that works on an order.
type OpenSaga struct {
	Saga
	// Input is the saga's input as JSON; empty for placing, whose input derives from the order.
	Input   json.RawMessage
	BeganAt time.Time
	// TurnedBack is the reason why the saga undoes its steps; nil while it goes forward.
	TurnedBack *Refused
	// Stuck has the steps in which the saga is stuck; nil when it is not.
	Stuck *Stuck
}

// Stuck has the steps that wait for their next try or for an operator.
type Stuck struct {
	Steps []StuckStep
	Since time.Time
	// Build of the worker that made the last try that is recorded; empty when it had none.
	Build string
}

// StuckStep is a step that used up its attempts.
type StuckStep struct {
	Step      string `json:"step"` // the activity's name
	Attempts  int    `json:"attempts"`
	LastError string `json:"last_error"`
	// Service is the one that was called, Kind one of the kinds of failures in contracts/sagas.
	// Older events do not have them.
	Service string `json:"service,omitempty"`
	Kind    string `json:"kind,omitempty"`
	TraceID string `json:"trace_id,omitempty"` // of the last attempt; empty when it is not known
}

// Outcome is how a saga ended.
type Outcome struct {
	Status  Status   `json:"status"`            // of the order after it
	Refused *Refused `json:"refused,omitempty"` // the reason, unless the saga succeeded
}

// Refused is a refusal that the order keeps.
type Refused struct {
	Reason  string          `json:"reason"` // of contracts/refusals
	Message string          `json:"message,omitempty"`
	Details json.RawMessage `json:"details,omitempty"` // the reason's own shape
}

// Direction is the order's answer to a saga: how it continues. The zero Direction is forward.
type Direction struct {
	// TurnedBack: undo the steps, for this reason.
	TurnedBack *Refused
	// Ended: the saga has ended with this outcome.
	Ended *Outcome
}

// Forward reports whether the saga goes forward.
func (d Direction) Forward() bool { return d.TurnedBack == nil && d.Ended == nil }
