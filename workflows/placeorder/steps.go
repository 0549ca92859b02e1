package placeorder

import (
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/workflows/saga"
)

// The deadlines of the steps are far below the hold, so that a saga that is still
// going has its stock.
const (
	holdFor           = 15 * time.Minute
	authorizeDeadline = 60 * time.Second
)

func (o *order) recordPlaced() saga.Step {
	return saga.Step{Call: saga.Call{
		Activity: sagas.RecordPlaced, Summary: "Open the order's stream", Input: o.in,
	}}
}

func (o *order) reserveStock(s *saga.Saga) saga.Step {
	step := s.Step("reserve-stock")
	return saga.Step{
		Call: saga.Call{
			Activity: sagas.ReserveStock, Summary: fmt.Sprintf("Hold %s for %s", lines(len(o.in.Lines)), holdFor),
			Input: sagas.ReserveStockInput{Step: step, Lines: o.in.Lines, HoldFor: holdFor}, Result: &o.reserved,
		},
		Undo: saga.Call{
			Activity: sagas.ReleaseStock, Summary: "Give the stock back",
			Input: sagas.StepInput{Step: step},
		},
	}
}

func (o *order) authorizePayment(s *saga.Saga) saga.Step {
	step := s.Step("authorize-payment")
	return saga.Step{
		Call: saga.Call{
			Activity: sagas.AuthorizePayment, Summary: fmt.Sprintf("Authorize %d %s (minor units)", o.in.Total, o.in.Currency),
			Input: sagas.AuthorizePaymentInput{
				Step: step, CustomerID: o.in.CustomerID,
				Amount: o.in.Total, Currency: o.in.Currency, PaymentMethod: o.in.PaymentMethod,
			},
			Result: &o.authorized, Remote: true,
		},
		Undo: saga.Call{
			Activity: sagas.VoidPayment, Summary: "Void what was, or may have been, authorized",
			Input: sagas.StepInput{Step: step},
		},
		Deadline: authorizeDeadline,
	}
}

// allocateStock has no undo of its own: to release the stock undoes both.
func (o *order) allocateStock(s *saga.Saga) saga.Step {
	return saga.Step{Call: saga.Call{
		Activity: sagas.AllocateStock, Summary: "Turn the hold into an allocation",
		Input: sagas.StepInput{Step: s.Step("allocate-stock")},
	}}
}

func (o *order) confirm() saga.Step {
	return saga.Step{Call: saga.Call{
		Activity: sagas.ConfirmOrder, Summary: "Confirm: from here there is no way back", Input: o.settle(nil),
	}}
}

func (o *order) startCompensation(why *refusal.Refusal) saga.Step {
	return saga.Step{Call: saga.Call{
		Activity: sagas.StartCompensation, Summary: "Turn back: " + why.Reason,
		Input: sagas.StartCompensationInput{OrderID: o.in.OrderID, Refusal: why},
	}}
}

func (o *order) reject(why *refusal.Refusal) saga.Step {
	return saga.Step{Call: saga.Call{
		Activity: sagas.RejectOrder, Summary: "Reject: " + why.Reason, Input: o.settle(why),
	}}
}

func (o *order) cancel(why *refusal.Refusal) saga.Step {
	return saga.Step{Call: saga.Call{
		Activity: sagas.CancelOrder, Summary: "Cancel, everything is undone", Input: o.settle(why),
	}}
}

func (o *order) settle(why *refusal.Refusal) sagas.SettleInput {
	return sagas.SettleInput{
		OrderID: o.in.OrderID, StockReserved: o.reserved, PaymentAuthorized: o.authorized, Refusal: why,
	}
}

func lines(n int) string {
	if n == 1 {
		return "1 line"
	}
	return fmt.Sprintf("%d lines", n)
}
