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

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain/slots"
)

// Order is one customer's order.
type Order struct {
	id          string
	version     int64
	status      Status
	payment     PaymentStatus
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
	// cancelled and shipped are units.
	cancelled, shipped []slots.Range
	// requests are what was asked of the order after it was placed, the oldest first.
	requests []*Request
	books
	// uncoveredSince is since when what is not shipped is not covered; zero when it is.
	uncoveredSince time.Time
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
	// Authorization is the id that captures name; empty in older orders.
	Authorization string
	MultiCapture  bool      // it can be captured in several parts
	CaptureBefore time.Time // zero: the provider does not say
	VoidedAt      time.Time // zero until what was open is voided
}

// Fold makes an order from its events, the oldest first. Without events it does not exist yet and
// can be placed.
func Fold(id string, history []Event) *Order {
	o := &Order{
		id: id, status: StatusNone, payment: PaymentStatusNone, ended: map[Saga]Outcome{},
	}
	for _, event := range history {
		event.Fact.applyTo(o, event.OccurredAt)
		o.noteCover(event.OccurredAt)
		o.version++
	}
	return o
}

// record applies a new fact and adds it to the changes.
func (o *Order) record(at time.Time, fact Fact) {
	fact.applyTo(o, at)
	o.noteCover(at)
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
	if request := readRequest(e, at); request != nil {
		o.requests = append(o.requests, request)
	}
}

func (e CancelRequested) applyTo(o *Order, at time.Time) {
	o.requests = append(o.requests, &Request{
		Kind: sagas.KindCancelOrder, Ask: Ask{Instance: e.Instance, Hash: e.Hash, By: e.By, Reason: e.Reason, Note: e.Note}, At: at,
	})
}

func (e UnitsCancelled) applyTo(o *Order, at time.Time) {
	o.cancelled = append(o.cancelled, e.Units...)
	o.books.cancelled += e.Amount.Amount
	o.fees += e.Fee.Amount
	o.post(Entry{ID: e.Instance + "/fee", At: at, Text: "A fee was kept of cancelled units", Lines: []EntryLine{
		{Customer, e.Fee.Amount}, {Fees, -e.Fee.Amount},
	}})
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

func (e SagaEnded) applyTo(o *Order, at time.Time) {
	o.end(e.Saga, e.Outcome)
	if request := o.Request(e.Instance); request != nil {
		request.Ended, request.Refused = at, e.Refused
	}
}

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
	o.charge = &Charge{
		AuthorizedAt: at, PaymentID: e.PaymentID, ProviderReference: e.ProviderReference,
		Authorization: e.Authorization, MultiCapture: e.MultiCapture, CaptureBefore: e.CaptureBefore,
	}
	amount := e.Amount
	if amount.Currency == "" {
		amount = o.total
	}
	o.open = amount.Amount
	o.post(Entry{ID: e.PaymentID + "/authorized", At: at, Text: "The payment was authorized", Lines: []EntryLine{
		{Held, o.open}, {HeldContra, -o.open},
	}})
}

func (e PaymentVoided) applyTo(o *Order, at time.Time) {
	o.payment = PaymentStatusVoided
	o.post(Entry{ID: e.PaymentID + "/voided", At: at, Text: "What was left of the authorization was voided", Lines: []EntryLine{
		{Held, -o.open}, {HeldContra, o.open},
	}})
	o.open = 0
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
	for _, request := range o.requests {
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
