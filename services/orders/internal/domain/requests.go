package domain

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain/slots"
)

// sagaRetry is the seconds after which an order is usually free for another saga.
const sagaRetry = 2

// Ask is who asked for something, and why.
type Ask struct {
	// Instance derives from the caller, the order and the request's key: a repeated request is the
	// same saga.
	Instance string `json:"-"`
	Reason   string `json:"reason,omitempty"`
	Note     string `json:"note,omitempty"`
	By       string `json:"by"`   // the subject of a token
	Hash     string `json:"hash"` // hex SHA-256 of the request
}

// LineUnits is units of a line.
type LineUnits struct {
	Number   int32
	Quantity int64
}

// Request is something that was asked of the order after it was placed: to cancel, ship or refund.
type Request struct {
	Kind string // of its saga
	Ask
	At time.Time
	// Ended is when it was done, refused or became impossible; zero while it is in progress.
	Ended time.Time
	// Refused is the reason why it was not done.
	Refused *Refused
	// One of them says what was asked for; none does for a cancellation that was asked for while
	// the order was being placed.
	Cancellation *Cancellation
	Shipment     *Shipment
	Refund       *Refund
	// Delivered is when a shipment arrived; zero until it has.
	Delivered time.Time
}

// Done reports whether it was carried out.
func (r *Request) Done() bool { return !r.Ended.IsZero() && r.Refused == nil }

// readRequest reads the request from the input of its saga; nil when the saga has none. An input
// that cannot be read is found when the saga ends.
func readRequest(e SagaBegan, at time.Time) *Request {
	request := &Request{Kind: e.Kind, At: at}
	switch e.Kind {
	case sagas.KindCancelOrder:
		if request.Cancellation = read[Cancellation](e.Input); request.Cancellation != nil {
			request.Ask = request.Cancellation.Ask
		}
	case sagas.KindShipOrder:
		if request.Shipment = read[Shipment](e.Input); request.Shipment != nil {
			request.Ask = request.Shipment.Ask
		}
	case sagas.KindRefundOrder:
		if request.Refund = read[Refund](e.Input); request.Refund != nil {
			request.Ask = request.Refund.Ask
		}
	default:
		return nil
	}
	request.Instance = e.Instance
	return request
}

func read[T any](input json.RawMessage) *T {
	value := new(T)
	if json.Unmarshal(input, value) != nil {
		return nil
	}
	return value
}

// Requests are what was asked of the order after it was placed, the oldest first. They must not be
// changed.
func (o *Order) Requests() []*Request { return o.requests }

// Request returns what was asked for by its instance, or nil.
func (o *Order) Request(instance string) *Request {
	for _, request := range o.requests {
		if request.Instance == instance {
			return request
		}
	}
	return nil
}

// OpenRequest returns the request that the open saga carries out, or nil.
func (o *Order) OpenRequest() *Request {
	if o.saga == nil {
		return nil
	}
	return o.Request(o.saga.Instance)
}

// begin records that a saga works on the order from now on.
func (o *Order) begin(saga Saga, input any, at time.Time) error {
	encoded, err := json.Marshal(input)
	if err != nil {
		return fmt.Errorf("%s of order %s: %w", saga.Kind, o.id, err)
	}
	o.record(at, SagaBegan{Saga: saga, CustomerID: o.customerID, Input: encoded})
	return nil
}

// checkFree refuses with order_settled unless the order is confirmed, and with saga_in_progress
// while another saga works on it.
func (o *Order) checkFree() error {
	switch {
	case o.saga != nil:
		return refusal.New(refusals.SagaInProgress, "Another saga is working on the order; try again when it is done",
			refusals.SagaInProgressDetails{Saga: o.saga.Kind, RetryAfter: sagaRetry})
	case o.status != StatusConfirmed:
		return refusal.New(refusals.OrderSettled, fmt.Sprintf("The order is %s already", o.status),
			refusals.OrderSettledDetails{Status: string(o.status)})
	}
	return nil
}

// End ends the open saga after its steps are done. It fails with ErrFacts when they are not. A saga
// that has ended keeps its outcome.
func (o *Order) End(saga Saga, done []Done, at time.Time) (Direction, error) {
	if !o.isOpen(saga) {
		return o.Direction(saga), nil
	}
	request := o.OpenRequest()
	var err error
	switch {
	case request == nil:
		err = fmt.Errorf("end %s %s of order %s: its request cannot be read", saga.Kind, saga.Instance, o.id)
	case request.Cancellation != nil:
		err = o.endCancel(request, done, at)
	case request.Shipment != nil:
		err = o.endShipment(request, done, at)
	case request.Refund != nil:
		err = o.endRefund(request, done, at)
	}
	if err != nil {
		return Direction{}, err
	}
	return o.endSaga(saga, Outcome{Status: o.status}, at), nil
}

// Refuse ends the open saga of a request that was turned back. It fails when the saga was not.
func (o *Order) Refuse(saga Saga, why Refused, done []Done, at time.Time) (Direction, error) {
	switch {
	case !o.isOpen(saga) || saga == Placing(o.id):
		return o.Direction(saga), nil
	case o.saga.TurnedBack == nil:
		return Direction{}, fmt.Errorf("refuse %s %s of order %s: it goes forward", saga.Kind, saga.Instance, o.id)
	}
	o.recordDone(done)
	return o.endSaga(saga, Outcome{Status: o.status, Refused: &why}, at), nil
}

// take returns the lowest free units of lines, of all free units when no lines are given, and the
// units of the order that are free after it. It refuses with the reason when a line has fewer.
func (o *Order) take(lines []LineUnits, reason, verb string) (taken []slots.Range, left int64, err error) {
	free := o.free()
	for _, line := range o.lines {
		left += free[line.Number].Units()
	}
	if len(lines) == 0 {
		for _, line := range o.lines {
			if units := free[line.Number].Units(); units > 0 {
				lines = append(lines, LineUnits{line.Number, units})
			}
		}
	}
	for _, line := range lines {
		units := int64(0)
		for _, r := range free[line.Number].Lowest(line.Quantity) {
			free[line.Number] = free[line.Number].Without(r)
			taken = append(taken, r)
			units += r.Units()
		}
		if units < line.Quantity {
			return nil, 0, refusal.New(reason, fmt.Sprintf("Line %d has %d units that can be %s, not %d", line.Number, units, verb, line.Quantity),
				refusals.UnitsDetails{Line: line.Number, Requested: line.Quantity, Left: units})
		}
		left -= units
	}
	if len(taken) == 0 {
		return nil, 0, refusal.New(reason, "The order has no unit that can be "+verb, nil)
	}
	return taken, left, nil
}

// free returns the units of each line that are neither cancelled nor shipped.
func (o *Order) free() map[int32]slots.Free {
	free := make(map[int32]slots.Free, len(o.lines))
	for _, line := range o.lines {
		free[line.Number] = slots.NewFree(slots.Line{Number: line.Number, Quantity: line.Quantity})
	}
	for _, units := range [][]slots.Range{o.cancelled, o.shipped} {
		for _, r := range units {
			free[r.Line] = free[r.Line].Without(r)
		}
	}
	return free
}

// CancelledUnits returns the cancelled units of each line that has some.
func (o *Order) CancelledUnits() map[int32]int64 { return unitsOf(o.cancelled) }

// ShippedUnits returns the shipped units of each line that has some.
func (o *Order) ShippedUnits() map[int32]int64 { return unitsOf(o.shipped) }

func unitsOf(ranges []slots.Range) map[int32]int64 {
	units := map[int32]int64{}
	for _, r := range ranges {
		units[r.Line] += r.Units()
	}
	return units
}

// amountsOf returns the sums of slots.
func (o *Order) amountsOf(units []slots.Range, shipping bool) (slots.Amounts, error) {
	divided, err := split(o.lines, o.adjustments)
	if err != nil {
		return slots.Amounts{}, fmt.Errorf("order %s: %w", o.id, err)
	}
	sum := slots.Amounts{}
	if shipping {
		sum = divided.Shipping()
	}
	for _, r := range units {
		sum = sum.Plus(divided.Units(r.Line, r.From, r.To))
	}
	return sum, nil
}
