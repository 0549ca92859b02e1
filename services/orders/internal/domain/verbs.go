package domain

import (
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// Placement is a new order with its prices.
type Placement struct {
	CustomerID  string
	RequestHash string // hex SHA-256 of the request
	Lines       []Line
	Adjustments []Adjustment
	Total       Money
	Number      int64             // what people call the order; 0: it has none
	Reference   string            // the shop's own name of it, any text
	Metadata    map[string]string // the shop's own data about it
	Personal    *Sealed           // nil: none
}

// Place opens the order and the saga that places it. It refuses with request_mismatch when the
// order was placed with another request, and fails with the errors of Total, and with ErrTotal when
// the sum differs.
func (o *Order) Place(p Placement, at time.Time) (Direction, error) {
	placing := Placing(o.id)
	if o.requestHash != "" && o.requestHash != p.RequestHash {
		return Direction{}, refusal.New(refusals.RequestMismatch, "The order was placed with another request", nil)
	}
	if o.status != StatusNone {
		return o.Direction(placing), nil
	}
	total, err := Total(p.Lines, p.Adjustments, p.Total.Currency)
	if err != nil {
		return Direction{}, fmt.Errorf("place order %s: %w", o.id, err)
	}
	if total != p.Total {
		return Direction{}, fmt.Errorf("place order %s: %w: %s, not %s", o.id, ErrTotal, total, p.Total)
	}
	o.record(at, OrderPlaced(p)) // the same fields; the compiler keeps it so
	o.record(at, SagaBegan{Saga: placing, CustomerID: p.CustomerID})
	return o.Direction(placing), nil
}

// Direction returns the direction of a saga and records nothing. The saga of an order that is not
// in the log is turned back: after a restore to an earlier time other services may have its steps,
// and it could never be confirmed. A saga that the order never had has ended.
func (o *Order) Direction(saga Saga) Direction {
	if o.saga != nil && o.saga.Saga == saga {
		return Direction{TurnedBack: o.saga.TurnedBack}
	}
	if outcome, ended := o.ended[saga]; ended {
		return Direction{Ended: &outcome}
	}
	if o.status == StatusNone {
		return Direction{TurnedBack: &Refused{Reason: refusals.OrderUnknown, Message: "the order is not recorded; nothing was charged"}}
	}
	return Direction{Ended: &Outcome{Status: o.status, Refused: &Refused{
		Reason: refusals.SagaUnknown, Message: "the order has no such saga",
	}}}
}

// Confirm is the pivot: stock is allocated and the payment authorized. It ends placing, unless
// placing was turned back or has ended. It fails with ErrFacts.
func (o *Order) Confirm(done []Done, at time.Time) (Direction, error) {
	placing := Placing(o.id)
	if !o.isOpen(placing) || o.saga.TurnedBack != nil {
		return o.Direction(placing), nil
	}
	if err := o.checkDone(done); err != nil {
		return Direction{}, err
	}
	o.recordDone(done)
	o.record(at, OrderConfirmed{CustomerID: o.customerID, PaymentID: o.charge.PaymentID, Total: o.total})
	return o.endSaga(placing, Outcome{Status: StatusConfirmed}, at), nil
}

// TurnBack refuses the saga's pivot from now on, before anything is undone. A saga does not know
// that it passed the pivot when that workflow task was lost; it must not undo a confirmed order.
// The first reason is kept.
//
// An order that is not in the log cannot be confirmed, so nothing is recorded. Its saga then undoes
// the steps that other services may have.
func (o *Order) TurnBack(saga Saga, why Refused, at time.Time) Direction {
	if o.isOpen(saga) && o.saga.TurnedBack == nil {
		o.record(at, CompensationStarted{why})
	}
	if o.status == StatusNone {
		return Direction{TurnedBack: &why}
	}
	return o.Direction(saga)
}

// Reject ends placing after everything was undone. An order that was never placed is rejected as
// well, so that a late Place does not open an order without a saga.
func (o *Order) Reject(why Refused, done []Done, at time.Time) Direction {
	return o.undone(Outcome{Status: StatusRejected, Refused: &why}, OrderRejected{o.customerID, why}, done, at)
}

// Cancel ends placing as Reject does.
func (o *Order) Cancel(why Refused, done []Done, at time.Time) Direction {
	return o.undone(Outcome{Status: StatusCancelled, Refused: &why}, OrderCancelled{o.customerID, why}, done, at)
}

func (o *Order) undone(outcome Outcome, fact Fact, done []Done, at time.Time) Direction {
	placing := Placing(o.id)
	if !o.isOpen(placing) && o.status != StatusNone {
		return o.Direction(placing)
	}
	o.recordDone(done)
	o.record(at, fact)
	return o.endSaga(placing, outcome, at)
}

// Resume returns the direction of a saga whose run was lost. Placing is turned back, because only
// the lost run had the payment method; other sagas keep their direction.
func (o *Order) Resume(saga Saga, at time.Time) Direction {
	if saga == Placing(o.id) && o.isOpen(saga) {
		return o.TurnBack(saga, Refused{
			Reason: refusals.Interrupted, Message: "the order was interrupted; everything was undone and nothing charged",
		}, at)
	}
	return o.Direction(saga)
}

// MarkStuck records the steps in which the open saga is stuck. The same steps with the same number
// of attempts are recorded once. For a saga that is not open it has no effect.
func (o *Order) MarkStuck(saga Saga, steps []StuckStep, build string, at time.Time) {
	if !o.isOpen(saga) || o.saga.Stuck.includes(steps) {
		return
	}
	o.record(at, SagaStuck{Saga: saga, CustomerID: o.customerID, Steps: steps, Build: build})
}

// CheckUndo returns the reason why the steps of a saga must not be undone; nil when they may. With
// partly it checks an undo of a part of the steps: cancelling units undoes a part of placing.
func (o *Order) CheckUndo(saga Saga, partly bool) error {
	if request := o.OpenRequest(); request != nil && request.Cancellation != nil && saga == Placing(o.id) {
		if partly || request.Cancellation.Whole {
			return nil
		}
		return fmt.Errorf("only units of order %s are being cancelled", o.id)
	}
	switch direction := o.Direction(saga); {
	case direction.TurnedBack != nil:
		return nil
	case direction.Forward():
		return fmt.Errorf("%s of order %s goes forward", saga.Kind, o.id)
	}
	switch outcome, ended := o.ended[saga]; {
	case !ended:
		return fmt.Errorf("order %s has no %s %s", o.id, saga.Kind, saga.Instance)
	case outcome.Refused == nil:
		return fmt.Errorf("%s of order %s has ended successfully", saga.Kind, o.id)
	}
	return nil
}

func (o *Order) isOpen(saga Saga) bool { return o.saga != nil && o.saga.Saga == saga }

func (o *Order) endSaga(saga Saga, outcome Outcome, at time.Time) Direction {
	o.record(at, SagaEnded{saga, o.customerID, outcome})
	return o.Direction(saga)
}

// includes reports whether these steps are recorded, with at least as many attempts.
func (s *Stuck) includes(steps []StuckStep) bool {
	if s == nil || len(s.Steps) != len(steps) {
		return false
	}
	attempts := map[string]int{}
	for _, step := range s.Steps {
		attempts[step.Step] = step.Attempts
	}
	for _, step := range steps {
		if recorded, ok := attempts[step.Step]; !ok || recorded < step.Attempts {
			return false
		}
	}
	return true
}
