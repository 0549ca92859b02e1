// Package shiporder is the saga that ships units of a confirmed order: capture their amount, take
// them out of the stock, record that they left.
//
// The order has claimed the units and the amount before the saga begins. The capture is the pivot:
// when the provider refuses it, nothing is shipped and the claim ends; from then on the saga only
// goes forward.
package shiporder

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/workflows/record"
	"github.com/ordersaga/ordersaga/workflows/saga"
)

// ShipOrder ships the units of its input.
func ShipOrder(ctx workflow.Context, in *ordersv1.ShipOrderInput) (*commonv1.Outcome, error) {
	return saga.Run(ctx, Saga, in.GetSaga(), in)
}

// Saga is the kind of this saga.
var Saga = saga.Kind{
	Name: sagas.KindShipOrder, Order: record.Order{}, Unopened: sagas.StatusConfirmed,
	Tell: saga.Story(func(s *saga.Saga, in *ordersv1.ShipOrderInput) {
		h := shipping{s, in}
		s.Begin(record.Order{}.Resumed(s.Ref())) // an earlier run may have ended the saga
		s.Pivot(h.capturePayment)
		s.Forward(h.shipUnits)
		if in == nil || in.GetVoidRest() { // nil: the story is listed
			s.Forward(h.voidRest)
		}
		s.Forward(h.recordShipped)
		s.TurnBack(h.recordRefused, h.recordRefused)
	}),
}

// shipping makes the calls of the story.
type shipping struct {
	*saga.Saga
	in *ordersv1.ShipOrderInput
}

func (h shipping) capturePayment() saga.Call {
	amount := h.in.GetCapture()
	call := saga.CallOf(sagas.CapturePayment, &paymentsv1.CaptureRequest{
		Step: h.Key("capture-payment"), AuthorizationId: h.in.GetAuthorizationId(), Amount: amount,
		Shipment: h.Ref().GetInstance(), Final: h.in.GetLast(),
	}, fmt.Sprintf("Capture %d %s (minor units): from here there is no way back", amount.GetAmount(), amount.GetCurrency()))
	call.Remote = true
	return call
}

// voidRest gives back what is left of the authorization: nothing is captured later.
func (h shipping) voidRest() saga.Call {
	call := saga.CallOf(sagas.VoidAuthorization, &paymentsv1.VoidAuthorizationRequest{
		OrderId: h.Ref().GetOrderId(), AuthorizationId: h.in.GetAuthorizationId(),
	}, "Void what is left of the authorization")
	call.Remote = true
	return call
}

func (h shipping) shipUnits() saga.Call {
	return saga.CallOf(sagas.ShipUnits, &inventoryv1.ShipUnitsRequest{
		Step: h.Key("ship-units"), ReservedBy: sagas.Placing(h.Ref().GetOrderId()), Lines: h.in.GetLines(),
	}, fmt.Sprintf("Take units of %s out of the stock", text.Count(len(h.in.GetLines()), "line")))
}

func (h shipping) recordShipped() saga.Call {
	return record.Order{}.Done(h.Saga, "Record what was shipped")
}

func (h shipping) recordRefused(why *commonv1.Refusal) saga.Call {
	return record.Order{}.Refused(h.Saga, why)
}
