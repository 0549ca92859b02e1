// Package cancelorder is the saga that cancels a confirmed order before it is shipped, or units of
// it: capture the fee when there is one, free the units' stock or write them off, void the payment
// when nothing is left, refund what was captured before, record the end.
//
// The order has recorded the cancellation before the saga begins, so without a fee to capture it only
// goes forward: every call is tried until it is done. The capture of a fee is a pivot: when the
// provider refuses it, nothing is cancelled. When only a part is cancelled, its authorization stays
// and its amount is not captured later.
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
		captures := in == nil || in.GetFee().GetCaptured().GetAmount() > 0 // nil: the story is listed
		if captures {
			s.Begin(c.askWhetherOpen())
			s.Pivot(c.captureFee)
		} else {
			s.Pivot(c.askWhetherOpen)
		}
		s.Forward(c.releaseUnits)
		if in == nil || in.GetWhole() {
			s.Forward(c.voidPayment)
		}
		if in == nil || in.GetVoidAuthorizationId() != "" {
			s.Forward(c.voidRest)
		}
		if in == nil || in.GetRefund().GetAmount() > 0 || in.GetFee().GetKeptBack().GetAmount() > 0 {
			s.Forward(c.refundPrepaid)
		}
		s.Forward(c.recordCancellation)
		if captures {
			s.TurnBack(c.recordRefused, c.recordRefused)
		}
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

// captureFee takes what the shop keeps.
func (c cancelling) captureFee() saga.Call {
	fee := c.in.GetFee()
	call := saga.CallOf(sagas.CapturePayment, &paymentsv1.CaptureRequest{
		Step: c.Key("capture-fee"), AuthorizationId: fee.GetAuthorizationId(), Amount: fee.GetCaptured(),
		Shipment: c.Ref().GetInstance(), Final: fee.GetLast(), Fee: true,
	}, fmt.Sprintf("Capture a fee of %d %s (minor units): from here there is no way back", fee.GetCaptured().GetAmount(), fee.GetCaptured().GetCurrency()))
	call.Remote = true
	return call
}

func (c cancelling) releaseUnits() saga.Call {
	verb := "Free"
	if c.in.GetWriteOff() {
		verb = "Write off"
	}
	return saga.CallOf(sagas.ReleaseUnits, &inventoryv1.ReleaseUnitsRequest{
		Step: c.Key("release-units"), ReservedBy: sagas.Placing(c.Ref().GetOrderId()), Lines: c.in.GetLines(), WriteOff: c.in.GetWriteOff(),
	}, fmt.Sprintf("%s units of %s", verb, text.Count(len(c.in.GetLines()), "line")))
}

// voidPayment voids the authorization of placing.
func (c cancelling) voidPayment() saga.Call {
	call := saga.CallOf(sagas.VoidPayment, &paymentsv1.VoidRequest{
		Step: sagas.Step(sagas.Placing(c.Ref().GetOrderId()), placeorder.StepAuthorizePayment),
	}, "Void the payment: nothing is left of the order")
	call.Remote = true
	return call
}

// voidRest gives back what is left of the authorization: everything else was shipped, or a fee was
// captured.
func (c cancelling) voidRest() saga.Call {
	call := saga.CallOf(sagas.VoidAuthorization, &paymentsv1.VoidAuthorizationRequest{
		OrderId: c.Ref().GetOrderId(), AuthorizationId: c.in.GetVoidAuthorizationId(),
	}, "Void what is left of the authorization")
	call.Remote = true
	return call
}

// refundPrepaid gives back what was captured before the units could be shipped, but for the part of
// the fee that is kept of it.
func (c cancelling) refundPrepaid() saga.Call {
	refund, kept := c.in.GetRefund(), c.in.GetFee().GetKeptBack()
	if refund == nil { // all of it is kept
		refund = &commonv1.Money{Currency: kept.GetCurrency()}
	}
	return refundorder.RefundPayment(c.Key("refund-payment"), refund, kept.GetAmount())
}

func (c cancelling) recordRefused(why *commonv1.Refusal) saga.Call {
	return record.Order{}.Refused(c.Saga, why)
}

func (c cancelling) recordCancellation() saga.Call {
	return record.Order{}.Done(c.Saga, "Record what was cancelled")
}
