// Package domain has the order: its events, its rules and its state. It is pure: time and ids are
// given, nothing is read or written.
//
// An order is the fold of its events. Sagas call its methods (Place, Confirm, TurnBack, Reject,
// Cancel, Resume, MarkStuck). The order decides, records new events, and returns the direction of
// the saga: a workflow's memory can be lost, the order's events cannot. A repeated call changes
// nothing and returns the same answer.
//
// One saga at a time works on an order; the order keeps how each one ended.
package domain

import (
	"time"

	"github.com/ordersaga/ordersaga/services/orders/internal/domain/slots"
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
	number      int64
	reference   string
	metadata    map[string]string
	personal    *Sealed
	placedAt    time.Time
	settledAt   time.Time
	hold        *Hold
	charge      *Charge
	refused     *Refused
	saga        *OpenSaga
	ended       map[Saga]Outcome
	// taken are the units that were cancelled.
	taken []slots.Range
	// cancels are the cancel requests by instance.
	cancels map[string]*RequestedCancel
	// acts are decisions of operators, oldest first.
	acts []Act

	changes []Event
}

// Hold is the stock that was reserved for the order.
type Hold struct {
	ReservedAt time.Time
	ExpiresAt  time.Time
	ReleasedAt time.Time // zero until it is
}

// Charge is the authorized payment of the order.
type Charge struct {
	AuthorizedAt      time.Time
	PaymentID         string
	ProviderReference string
	VoidedAt          time.Time // zero until it is
}

// Fold makes an order from its events, the oldest first. Without events it does not exist yet and
// can be placed.
func Fold(id string, history []Event) *Order {
	o := &Order{
		id: id, status: StatusNone, payment: PaymentStatusNone, fulfilment: FulfilmentStatusUnfulfilled,
		ended: map[Saga]Outcome{},
	}
	for _, event := range history {
		event.Fact.applyTo(o, event.OccurredAt)
		o.version++
	}
	return o
}

// record applies a new fact and adds it to the changes.
func (o *Order) record(at time.Time, fact Fact) {
	fact.applyTo(o, at)
	o.changes = append(o.changes, Event{OccurredAt: at, Fact: fact})
}

func (e OrderPlaced) applyTo(o *Order, at time.Time) {
	o.status = StatusPlaced
	o.customerID = e.CustomerID
	o.requestHash = e.RequestHash
	o.lines = numbered(e.Lines)
	o.adjustments = e.Adjustments
	o.total = e.Total
	o.number, o.reference, o.metadata, o.personal = e.Number, e.Reference, e.Metadata, e.Personal
	o.placedAt = at
	o.saga = &OpenSaga{Saga: Placing(o.id), BeganAt: at}
}

func (e SagaBegan) applyTo(o *Order, at time.Time) {
	o.saga = &OpenSaga{Saga: e.Saga, Input: e.Input, BeganAt: at}
	if cancelling := o.Cancelling(); cancelling != nil {
		o.requestCancel(e.Instance, RequestedCancel{
			Hash: cancelling.Hash, At: at, Cancellation: cancelling, Reason: cancelling.Reason, Note: cancelling.Note, By: cancelling.By,
		})
	}
}

func (e CancelRequested) applyTo(o *Order, at time.Time) {
	o.requestCancel(e.Instance, RequestedCancel{Hash: e.Hash, At: at, Reason: e.Reason, Note: e.Note, By: e.By})
}

func (e UnitsCancelled) applyTo(o *Order, at time.Time) {
	o.taken = append(o.taken, e.Units...)
	if request := o.cancels[e.Instance]; request != nil {
		request.Ended = at
	}
}

func (o *Order) requestCancel(instance string, request RequestedCancel) {
	if o.cancels == nil {
		o.cancels = map[string]*RequestedCancel{}
	}
	o.cancels[instance] = &request
}

func (e SagaStuck) applyTo(o *Order, at time.Time) {
	if o.saga == nil {
		return
	}
	since := at
	if o.saga.Stuck != nil {
		since = o.saga.Stuck.Since
	}
	o.saga.Stuck = &Stuck{Steps: e.Steps, Since: since, Build: e.Build}
	o.concludeActs(o.saga.Saga, ActInVain)
}

func (e SagaEnded) applyTo(o *Order, _ time.Time) { o.end(e.Saga, e.Outcome) }

func (e StockReserved) applyTo(o *Order, at time.Time) {
	o.hold = &Hold{ReservedAt: at, ExpiresAt: e.ExpiresAt}
}

func (StockReleased) applyTo(o *Order, at time.Time) {
	if o.hold != nil {
		released := *o.hold
		released.ReleasedAt = at
		o.hold = &released
	}
}

func (e PaymentAuthorized) applyTo(o *Order, at time.Time) {
	o.payment = PaymentStatusAuthorized
	o.charge = &Charge{AuthorizedAt: at, PaymentID: e.PaymentID, ProviderReference: e.ProviderReference}
}

func (PaymentVoided) applyTo(o *Order, at time.Time) {
	o.payment = PaymentStatusVoided
	if o.charge != nil {
		voided := *o.charge
		voided.VoidedAt = at
		o.charge = &voided
	}
}

func (e OrderConfirmed) applyTo(o *Order, at time.Time) {
	o.settle(StatusConfirmed, at, nil)
}

func (e CompensationStarted) applyTo(o *Order, _ time.Time) {
	if o.saga != nil {
		o.saga.TurnedBack, o.saga.Stuck = &e.Refused, nil
		o.concludeActs(o.saga.Saga, ActHelped)
	}
}

func (e OrderRejected) applyTo(o *Order, at time.Time) {
	o.settle(StatusRejected, at, &e.Refused)
}

func (e OrderCancelled) applyTo(o *Order, at time.Time) {
	o.settle(StatusCancelled, at, &e.Refused)
}

// settle also ends placing, because older streams have no SagaEnded.
func (o *Order) settle(status Status, at time.Time, why *Refused) {
	o.status = status
	o.settledAt = at
	for _, request := range o.cancels {
		if request.Cancellation == nil && request.Ended.IsZero() { // requested while the order was being placed
			request.Ended = at
		}
	}
	o.refused = why
	// An order is rejected or cancelled only after its saga undid every step. Older streams have no
	// PaymentVoided.
	if why != nil && o.payment == PaymentStatusAuthorized {
		o.payment = PaymentStatusVoided
	}
	if _, ended := o.ended[Placing(o.id)]; !ended {
		o.end(Placing(o.id), Outcome{Status: status, Refused: why})
	}
}

func (o *Order) end(saga Saga, outcome Outcome) {
	o.ended[saga] = outcome
	o.concludeActs(saga, ActHelped, ActPending)
	if o.saga != nil && o.saga.Saga == saga {
		o.saga = nil
	}
}

// numbered adds the numbers that lines of older events do not have.
func numbered(lines []Line) []Line {
	all := make([]Line, len(lines))
	for i, line := range lines {
		if line.Number == 0 {
			line.Number = int32(i + 1)
		}
		all[i] = line
	}
	return all
}
