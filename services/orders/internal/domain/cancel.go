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

// CancelRequest asks to cancel an order, or units of it.
type CancelRequest struct {
	// Instance derives from the caller, the order and the request's key: a repeated request is the
	// same saga.
	Instance string
	// Hash is the hex SHA-256 of the request.
	Hash string
	// Lines are the units to cancel; none: everything that is left.
	Lines []CancelledLine
	// By is the caller: the subject of a token.
	Reason, Note, By string
}

// CancelledLine is units of a line.
type CancelledLine struct {
	Number   int32
	Quantity int64
}

// Cancellation is the units that are cancelled and the amount that is no longer due. It is the
// input of the saga.
type Cancellation struct {
	Units []slots.Range `json:"units"`
	// Shipping is cancelled with the last goods.
	Shipping bool `json:"shipping,omitempty"`
	// Whole means that nothing is left of the order.
	Whole  bool   `json:"whole,omitempty"`
	Amount Money  `json:"amount"`
	Reason string `json:"reason"`
	Note   string `json:"note,omitempty"`
	By     string `json:"by"`
	Hash   string `json:"hash"` // of the request
}

// Cancelling returns the saga of a cancel request.
func Cancelling(instance string) Saga {
	return Saga{Kind: sagas.KindCancelOrder, Instance: instance}
}

// PlanCancel returns what a request would cancel now. It refuses with order_settled when the order
// was rejected or cancelled, with saga_in_progress while another saga works on it, and with
// units_not_cancellable when a line has fewer units left.
func (o *Order) PlanCancel(request CancelRequest) (Cancellation, error) {
	switch {
	case o.saga != nil:
		return Cancellation{}, refusal.New(refusals.SagaInProgress, "Another saga is working on the order; try again when it is done",
			refusals.SagaInProgressDetails{Saga: o.saga.Kind, RetryAfter: sagaRetry})
	case o.status != StatusConfirmed:
		return Cancellation{}, refusal.New(refusals.OrderSettled, fmt.Sprintf("The order is %s already", o.status),
			refusals.OrderSettledDetails{Status: string(o.status)})
	}
	planned := Cancellation{Reason: request.Reason, Note: request.Note, By: request.By, Hash: request.Hash}
	free := o.free()
	left := int64(0)
	for _, line := range o.lines {
		left += free[line.Number].Units()
	}
	lines := request.Lines
	if len(lines) == 0 {
		for _, line := range o.lines {
			if units := free[line.Number].Units(); units > 0 {
				lines = append(lines, CancelledLine{line.Number, units})
			}
		}
	}
	for _, line := range lines {
		taken := free[line.Number].Lowest(line.Quantity)
		units := int64(0)
		for _, r := range taken {
			free[line.Number] = free[line.Number].Without(r)
			units += r.Units()
		}
		if units < line.Quantity {
			return Cancellation{}, refusal.New(refusals.UnitsNotCancellable,
				fmt.Sprintf("Line %d has %d units that can be cancelled, not %d", line.Number, units, line.Quantity),
				refusals.UnitsDetails{Line: line.Number, Requested: line.Quantity, Left: units})
		}
		planned.Units = append(planned.Units, taken...)
		left -= units
	}
	planned.Whole = left == 0
	planned.Shipping = planned.Whole
	amount, err := o.amountOf(planned.Units, planned.Shipping)
	planned.Amount = amount
	return planned, err
}

// BeginCancel records that CancelOrder works on the order from now on. It refuses as PlanCancel
// does.
func (o *Order) BeginCancel(request CancelRequest, at time.Time) (Cancellation, error) {
	planned, err := o.PlanCancel(request)
	if err != nil {
		return Cancellation{}, err
	}
	input, err := json.Marshal(planned)
	if err != nil {
		return Cancellation{}, fmt.Errorf("cancel order %s: %w", o.id, err)
	}
	o.record(at, SagaBegan{Saga: Cancelling(request.Instance), CustomerID: o.customerID, Input: input})
	return planned, nil
}

// CheckCancelPlacing refuses with saga_in_progress what CancelPlacing does not do: to cancel a part,
// because the order has to be confirmed first, and to cancel once more, so that requests cannot make
// the stream of an order longer while its saga is stuck.
func (o *Order) CheckCancelPlacing(request CancelRequest) error {
	var why string
	switch {
	case len(request.Lines) > 0:
		why = "The order is still being placed; until then it can be cancelled as a whole only"
	case len(o.cancels) > 0:
		why = "The order is being cancelled already"
	default:
		return nil
	}
	return refusal.New(refusals.SagaInProgress, why, refusals.SagaInProgressDetails{Saga: sagas.KindPlaceOrder, RetryAfter: sagaRetry})
}

// CancelPlacing turns back the saga that places the order, which then ends cancelled. It refuses as
// CheckCancelPlacing does.
func (o *Order) CancelPlacing(request CancelRequest, at time.Time) error {
	if err := o.CheckCancelPlacing(request); err != nil {
		return err
	}
	o.record(at, CancelRequested{
		Instance: request.Instance, CustomerID: o.customerID, Reason: request.Reason, Note: request.Note, By: request.By, Hash: request.Hash,
	})
	o.TurnBack(Placing(o.id), Refused{Reason: refusals.Cancelled, Message: "the order was cancelled before it was confirmed"}, at)
	return nil
}

// EndCancel ends CancelOrder after its units are free and, when nothing is left of the order, its
// payment is voided.
func (o *Order) EndCancel(saga Saga, done []Done, at time.Time) (Direction, error) {
	if !o.isOpen(saga) {
		return o.Direction(saga), nil
	}
	cancelled, err := o.saga.cancellation()
	if err != nil {
		return Direction{}, err
	}
	o.recordDone(done)
	o.record(at, UnitsCancelled{Instance: saga.Instance, CustomerID: o.customerID, Cancellation: cancelled})
	if cancelled.Whole {
		o.record(at, OrderCancelled{o.customerID, Refused{Reason: refusals.Cancelled, Message: "the order was cancelled: " + cancelled.Reason}})
	}
	return o.endSaga(saga, Outcome{Status: o.status}, at), nil
}

// Cancelling returns the cancellation that CancelOrder works on, or nil.
func (o *Order) Cancelling() *Cancellation {
	if o.saga == nil || o.saga.Kind != sagas.KindCancelOrder {
		return nil
	}
	cancellation, err := o.saga.cancellation()
	if err != nil {
		return nil
	}
	return &cancellation
}

// cancellation reads the saga's input.
func (s *OpenSaga) cancellation() (cancellation Cancellation, err error) {
	if err = json.Unmarshal(s.Input, &cancellation); err != nil {
		return Cancellation{}, fmt.Errorf("the input of %s %s: %w", s.Kind, s.Instance, err)
	}
	return cancellation, nil
}

// RequestedCancel is a cancel request that the order has recorded.
type RequestedCancel struct {
	Hash string
	At   time.Time
	// Ended is when it was done or became impossible; zero while it is in progress.
	Ended time.Time
	// Cancellation has the cancelled units; nil for a request that came while the order was being
	// placed.
	Cancellation *Cancellation
	Reason, Note string
	By           string
}

// CancelOf returns a cancel request by its instance, or nil.
func (o *Order) CancelOf(instance string) *RequestedCancel { return o.cancels[instance] }

// Due returns the amount for the units that are not cancelled; 0 when the order was rejected or
// cancelled, in whatever way.
func (o *Order) Due() Money {
	due := o.total
	if o.status == StatusRejected || o.status == StatusCancelled {
		due.Amount = 0
		return due
	}
	for _, r := range o.cancels {
		if r.Cancellation != nil && !r.Ended.IsZero() {
			due.Amount -= r.Cancellation.Amount.Amount
		}
	}
	return due
}

// CancelledUnits returns the cancelled units of each line that has some.
func (o *Order) CancelledUnits() map[int32]int64 {
	units := map[int32]int64{}
	for _, r := range o.taken {
		units[r.Line] += r.Units()
	}
	return units
}

// free returns the units of each line that are not cancelled.
func (o *Order) free() map[int32]slots.Free {
	free := make(map[int32]slots.Free, len(o.lines))
	for _, line := range o.lines {
		free[line.Number] = slots.NewFree(slots.Line{Number: line.Number, Quantity: line.Quantity})
	}
	for _, r := range o.taken {
		free[r.Line] = free[r.Line].Without(r)
	}
	return free
}

// amountOf returns the sum of slots.
func (o *Order) amountOf(units []slots.Range, shipping bool) (Money, error) {
	split, err := o.split()
	if err != nil {
		return Money{}, err
	}
	sum := slots.Amounts{}
	if shipping {
		sum = split.Shipping()
	}
	for _, r := range units {
		sum = sum.Plus(split.Units(r.Line, r.From, r.To))
	}
	return Money{Amount: sum.Total(), Currency: o.total.Currency}, nil
}

func (o *Order) split() (slots.Split, error) {
	split, err := slots.New(slotsOf(o.lines, o.adjustments))
	if err != nil {
		return slots.Split{}, fmt.Errorf("order %s: %w", o.id, err)
	}
	return split, nil
}

func slotsOf(lines []Line, adjustments []Adjustment) slots.Order {
	order := slots.Order{Lines: make([]slots.Line, len(lines))}
	for i, line := range lines {
		order.Lines[i] = slots.Line{Number: line.Number, Quantity: line.Quantity, UnitPrice: line.UnitPrice}
	}
	for _, adjustment := range adjustments {
		switch {
		case adjustment.Amount < 0:
			order.Discount -= adjustment.Amount
		case adjustment.Kind == "tax":
			order.Tax += adjustment.Amount
		default:
			order.Shipping += adjustment.Amount
		}
	}
	return order
}
