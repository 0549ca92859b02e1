// Package cancelorder is the saga that cancels a confirmed order before it is shipped, or units of
// it: free the units' stock, void the payment when nothing is left, refund what was captured before,
// record the end.
//
// The order has recorded the cancellation before the saga begins, so it only goes forward: every
// call is tried until it is done. When only a part is cancelled, its authorization stays and its
// amount is not captured later.
package cancelorder

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/workflows/placeorder"
	"github.com/ordersaga/ordersaga/workflows/record"
	"github.com/ordersaga/ordersaga/workflows/refundorder"
	"github.com/ordersaga/ordersaga/workflows/saga"
)

// CancelOrder cancels the units of its input.
func CancelOrder(ctx workflow.Context, in *ordersv1.CancelOrderInput) (*commonv1.Outcome, error) {
	return saga.Run(ctx, Saga, in.GetSaga(), in)
}

// Saga is the kind of this saga.
var Saga = saga.Kind{
	Name: sagas.KindCancelOrder, Order: record.Order{}, Unopened: sagas.StatusConfirmed,
	Tell: saga.Story(func(s *saga.Saga, in *ordersv1.CancelOrderInput) {
		c := cancelling{s, in}
		s.Pivot(c.askWhetherOpen)
		s.Forward(c.releaseUnits)
		if in == nil || in.GetWhole() { // nil: the story is listed
			s.Forward(c.voidPayment)
		}
		if in == nil || in.GetVoidAuthorizationId() != "" {
			s.Forward(c.voidRest)
		}
		if in == nil || in.GetRefund().GetAmount() > 0 {
			s.Forward(c.refundPrepaid)
		}
		s.Forward(c.recordCancellation)
	}),
}

// cancelling makes the calls of the story.
type cancelling struct {
	*saga.Saga
	in *ordersv1.CancelOrderInput
}

// askWhetherOpen finds out whether an earlier run ended the saga.
func (c cancelling) askWhetherOpen() saga.Call {
	return record.Order{}.Resumed(c.Ref())
}

func (c cancelling) releaseUnits() saga.Call {
	return saga.CallOf(sagas.ReleaseUnits, &inventoryv1.ReleaseUnitsRequest{
		Step: c.Key("release-units"), ReservedBy: sagas.Placing(c.Ref().GetOrderId()), Lines: c.in.GetLines(),
	}, fmt.Sprintf("Free units of %s", text.Count(len(c.in.GetLines()), "line")))
}

// voidPayment voids the authorization of placing.
func (c cancelling) voidPayment() saga.Call {
	call := saga.CallOf(sagas.VoidPayment, &paymentsv1.VoidRequest{
		Step: sagas.Step(sagas.Placing(c.Ref().GetOrderId()), placeorder.StepAuthorizePayment),
	}, "Void the payment: nothing is left of the order")
	call.Remote = true
	return call
}

// voidRest gives back what is left of the authorization: everything else was shipped.
func (c cancelling) voidRest() saga.Call {
	call := saga.CallOf(sagas.VoidAuthorization, &paymentsv1.VoidAuthorizationRequest{
		OrderId: c.Ref().GetOrderId(), AuthorizationId: c.in.GetVoidAuthorizationId(),
	}, "Void what is left of the authorization")
	call.Remote = true
	return call
}

// refundPrepaid gives back what was captured before the units could be shipped.
func (c cancelling) refundPrepaid() saga.Call {
	return refundorder.RefundPayment(c.Key("refund-payment"), c.in.GetRefund())
}

func (c cancelling) recordCancellation() saga.Call {
	return record.Order{}.Done(c.Saga, "Record what was cancelled")
}
