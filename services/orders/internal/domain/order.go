// Package domain has the order: what may happen to it, in which order, and what
// it is after that. It is pure: time and ids come from outside, nothing is read
// or written.
//
// An order is the fold of its events. Verbs (Place, Confirm, StartCompensation, Reject, Cancel,
// MarkStuck) decide and record new events; saying the same verb again when it
// is recorded already changes nothing and is no error, because the sagas that
// say it may repeat themselves.
package domain

import (
	"encoding/json"
	"time"
)

// Order is one customer's order.
type Order struct {
	id          string
	version     int64
	status      Status
	payment     PaymentStatus
	fulfilment  FulfilmentStatus
	customerID  string
	requestHash string
	lines       []Line
	adjustments []Adjustment
	total       Money
	placedAt    time.Time
	settledAt   time.Time
	hold        *Hold
	charge      *Charge
	// turnedBack says why the saga compensates; the order cannot be confirmed.
	turnedBack *Refused
	refused    *Refused
	stuck      *Stuck

	changes []Event
}

// Hold is the stock that was reserved for the order.
type Hold struct {
	ReservedAt time.Time
	ExpiresAt  time.Time
}

// Charge is the authorized payment of the order.
type Charge struct {
	AuthorizedAt      time.Time
	PaymentID         string
	ProviderReference string
}

// Refused says why an order was rejected or cancelled.
type Refused struct {
	Reason  string
	Message string
	Details json.RawMessage
}

// Stuck says where a saga that works on the order waits.
type Stuck struct {
	Saga      string
	Step      string
	Attempts  int
	LastError string
	Since     time.Time
}

// Fold makes the order of a history, oldest event first. The order of an empty
// history does not exist yet and can be placed.
func Fold(id string, history []Event) *Order {
	o := &Order{id: id, status: StatusNone, payment: PaymentStatusNone, fulfilment: FulfilmentStatusUnfulfilled}
	for _, event := range history {
		event.Fact.applyTo(o, event.OccurredAt)
		o.version++
	}
	return o
}

// record makes something happen.
func (o *Order) record(at time.Time, fact Fact) {
	fact.applyTo(o, at)
	o.changes = append(o.changes, Event{OccurredAt: at, Fact: fact})
}

func (e OrderPlaced) applyTo(o *Order, at time.Time) {
	o.status = StatusPlaced
	o.customerID = e.CustomerID
	o.requestHash = e.RequestHash
	o.lines = e.Lines
	o.adjustments = e.Adjustments
	o.total = e.Total
	o.placedAt = at
}

func (e StockReserved) applyTo(o *Order, at time.Time) {
	o.hold = &Hold{ReservedAt: at, ExpiresAt: e.ExpiresAt}
}

func (e PaymentAuthorized) applyTo(o *Order, at time.Time) {
	o.payment = PaymentStatusAuthorized
	o.charge = &Charge{AuthorizedAt: at, PaymentID: e.PaymentID, ProviderReference: e.ProviderReference}
}

func (e OrderConfirmed) applyTo(o *Order, at time.Time) {
	o.settle(StatusConfirmed, at)
}

func (e CompensationStarted) applyTo(o *Order, _ time.Time) {
	o.turnedBack = &Refused{Reason: e.Reason, Message: e.Message, Details: e.Details}
}

func (e OrderRejected) applyTo(o *Order, at time.Time) {
	o.settle(StatusRejected, at)
	o.undone(Refused{Reason: e.Reason, Message: e.Message, Details: e.Details})
}

func (e OrderCancelled) applyTo(o *Order, at time.Time) {
	o.settle(StatusCancelled, at)
	o.undone(Refused{Reason: e.Reason})
}

func (e SagaStuck) applyTo(o *Order, at time.Time) {
	o.stuck = &Stuck{Saga: e.Saga, Step: e.Step, Attempts: e.Attempts, LastError: e.LastError, Since: at}
}

func (o *Order) settle(status Status, at time.Time) {
	o.status = status
	o.settledAt = at
	o.stuck = nil
}

// undone: an order is rejected or cancelled only after its saga undid every step.
func (o *Order) undone(why Refused) {
	o.refused = &why
	if o.payment == PaymentStatusAuthorized {
		o.payment = PaymentStatusVoided
	}
}
