// Package placeorder is the saga that places an order: reserve stock, authorize the payment,
// allocate the stock, confirm.
package placeorder

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/durationpb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/workflows/record"
	"github.com/ordersaga/ordersaga/workflows/saga"
)

// The deadlines of the steps are much shorter than the hold, so that the stock is held while the
// saga runs.
const (
	holdFor           = 15 * time.Minute
	authorizeDeadline = 60 * time.Second
)

// StepAuthorizePayment is the step whose authorization other sagas void.
const StepAuthorizePayment = "authorize-payment"

// PlaceOrder places the order of its input. The run of a rejected order completes, with the reason
// in its outcome; a run that was cancelled before the pivot ends as cancelled, with everything
// undone.
func PlaceOrder(ctx workflow.Context, in *ordersv1.PlaceOrderInput) (*commonv1.Outcome, error) {
	return saga.Run(ctx, Saga, in.GetSaga(), in)
}

// Saga is the kind of this saga.
var Saga = saga.Kind{
	Name: sagas.KindPlaceOrder, Order: record.Order{}, Updates: updates, Unopened: sagas.StatusRejected,
	Late:      "The order could not be completed in time; nothing was charged",
	Cancelled: "The order was cancelled before it was confirmed",
	Tell: saga.Story(func(s *saga.Saga, in *ordersv1.PlaceOrderInput) {
		o := placing{s, in}
		s.Begin(o.recordPlaced())
		s.Do(o.reserveStock())
		s.Do(o.authorizePayment())
		s.Do(o.allocateStock())
		s.Pivot(o.recordConfirmed)
		s.TurnBack(o.recordRejected, o.recordCancelled)
	}),
}

// placing makes the calls of the story. A run that resumes a lost one has no payment method, and no
// input at all when the order is unknown; undos do not need them.
type placing struct {
	*saga.Saga
	in *ordersv1.PlaceOrderInput
}

func (o placing) recordPlaced() saga.Call {
	return saga.CallOf(sagas.RecordPlaced, &ordersv1.RecordPlacedRequest{Saga: o.Ref(), Placement: o.in.GetPlacement()},
		"Open the order's stream")
}

func (o placing) reserveStock() saga.Step {
	key, ordered := o.Key("reserve-stock"), o.in.GetPlacement().GetLines()
	lines := make([]*commonv1.Line, len(ordered))
	for i, line := range ordered {
		lines[i] = &commonv1.Line{Number: line.GetNumber(), Sku: line.GetSku(), Quantity: line.GetQuantity()}
	}
	return saga.Step{
		Key: key,
		Do: saga.CallOf(sagas.ReserveStock, &inventoryv1.ReserveRequest{Step: key, Lines: lines, HoldFor: durationpb.New(holdFor)},
			fmt.Sprintf("Hold %s for %s", text.Count(len(lines), "line"), holdFor)),
		Undo: saga.CallOf(sagas.ReleaseStock, &inventoryv1.ReleaseRequest{Step: key}, "Give the stock back"),
	}
}

func (o placing) authorizePayment() saga.Step {
	key, total := o.Key(StepAuthorizePayment), o.in.GetPlacement().GetTotal()
	do := saga.CallOf(sagas.AuthorizePayment, &paymentsv1.AuthorizeRequest{
		Step: key, CustomerId: o.in.GetPlacement().GetCustomerId(), Amount: total, PaymentMethod: o.in.GetPaymentMethod(),
	}, fmt.Sprintf("Authorize %d %s (minor units)", total.GetAmount(), total.GetCurrency()))
	do.Remote = o.in.GetRevision() < sagas.PlaceOrderRevision
	return saga.Step{
		Key: key, Do: do, Deadline: authorizeDeadline,
		Undo: saga.CallOf(sagas.VoidPayment, &paymentsv1.VoidRequest{Step: key}, "Void what was, or may have been, authorized"),
	}
}

// allocateStock has no undo: releasing the stock undoes both.
func (o placing) allocateStock() saga.Step {
	key := o.Key("allocate-stock")
	return saga.Step{
		Key: key,
		Do:  saga.CallOf(sagas.AllocateStock, &inventoryv1.AllocateRequest{Step: key}, "Turn the hold into an allocation"),
	}
}

func (o placing) recordConfirmed() saga.Call {
	return saga.CallOf(sagas.RecordConfirmed, &ordersv1.RecordConfirmedRequest{Saga: o.Ref(), Facts: o.Facts()},
		"Confirm: from here there is no way back")
}

func (o placing) recordRejected(why *commonv1.Refusal) saga.Call {
	return saga.CallOf(sagas.RecordRejected, &ordersv1.RecordRejectedRequest{Saga: o.Ref(), Why: why, Facts: o.Facts()},
		"Reject: "+why.GetReason())
}

func (o placing) recordCancelled(why *commonv1.Refusal) saga.Call {
	return saga.CallOf(sagas.RecordCancelled, &ordersv1.RecordCancelledRequest{Saga: o.Ref(), Why: why, Facts: o.Facts()},
		"Cancel: everything is undone")
}

// updates serves the requests that wait for the order.
func updates(s *saga.Saga) saga.Handlers {
	return saga.Handlers{sagas.UpdatePlace: func(ctx workflow.Context, request sagas.PlaceRequest) (*commonv1.Outcome, error) {
		in, err := s.AwaitInput(ctx)
		if err != nil {
			return nil, err
		}
		placed, _ := in.(*ordersv1.PlaceOrderInput)
		if hash := placed.GetPlacement().GetRequestHash(); hash != "" && hash != request.RequestHash {
			return nil, sagas.RefusalError(refusal.New(refusals.RequestMismatch,
				"The idempotency key was used with another request", nil))
		}
		return s.AwaitOutcome(ctx)
	}}
}
