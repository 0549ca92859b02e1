package domain

import (
	"encoding/json"
	"time"

	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// Saga names one run of a saga on an order: what is asked of an order once is one instance, however
// many workflow runs it takes.
type Saga struct {
	Kind     string `json:"kind"`
	Instance string `json:"instance"` // a UUID
}

// Placing is the saga that places an order. An order is placed once, so its id is the instance.
func Placing(orderID string) Saga { return Saga{Kind: sagas.KindPlaceOrder, Instance: orderID} }

// OpenSaga is the saga that works on an order.
type OpenSaga struct {
	Saga
	// Input is JSON of what the saga was started with, as far as it does not follow from the order.
	// Empty for placing.
	Input   json.RawMessage
	BeganAt time.Time
	// TurnedBack says why the saga undoes what it did; nil while it goes forward.
	TurnedBack *Refused
	// Stuck says where the saga waits; nil while it goes on.
	Stuck *Stuck
}

// Stuck says where a saga waits for its next try or for an operator.
type Stuck struct {
	Steps []StuckStep
	Since time.Time
}

// StuckStep is a step that used up its attempts.
type StuckStep struct {
	Step      string `json:"step"` // the activity's name
	Attempts  int    `json:"attempts"`
	LastError string `json:"last_error"`
}

// Outcome is how a saga ended.
type Outcome struct {
	Status  Status   `json:"status"`            // of the order after it
	Refused *Refused `json:"refused,omitempty"` // why, unless what was asked for was done
}

// Refused says why something was not done.
type Refused struct {
	Reason  string          `json:"reason"` // of contracts/refusals
	Message string          `json:"message,omitempty"`
	Details json.RawMessage `json:"details,omitempty"` // the reason's own shape
}

// Direction is where a saga goes from here, as its order says. The zero Direction is forward.
type Direction struct {
	// TurnedBack: undo what was done, for this reason.
	TurnedBack *Refused
	// Ended: the saga has ended, and so.
	Ended *Outcome
}

// Forward tells whether the saga goes on.
func (d Direction) Forward() bool { return d.TurnedBack == nil && d.Ended == nil }
