// Package refundorder is the saga that gives an amount of an order back. What the provider does not
// give back is recorded as a debt, which is tried again or paid in another way.
package refundorder

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/workflows/record"
	"github.com/ordersaga/ordersaga/workflows/saga"
)

// RefundOrder refunds the amount of its input.
func RefundOrder(ctx workflow.Context, in *ordersv1.RefundOrderInput) (*commonv1.Outcome, error) {
	return saga.Run(ctx, Saga, in.GetSaga(), in)
}

// Saga is the kind of this saga.
var Saga = saga.Kind{
	Name: sagas.KindRefundOrder, Order: record.Order{}, Unopened: sagas.StatusConfirmed,
	Tell: saga.Story(func(s *saga.Saga, in *ordersv1.RefundOrderInput) {
		r := refunding{s, in}
		s.Begin(record.Order{}.Resumed(s.Ref())) // an earlier run may have ended the saga
		s.Pivot(r.refundPayment)
		s.Forward(r.recordRefunded)
		s.TurnBack(r.recordRefused, r.recordRefused)
	}),
}

// refunding makes the calls of the story.
type refunding struct {
	*saga.Saga
	in *ordersv1.RefundOrderInput
}

func (r refunding) refundPayment() saga.Call {
	return RefundPayment(r.Key("refund-payment"), r.in.GetAmount(), 0)
}

// RefundPayment is the step that gives an amount back. keptFee is what the shop keeps as a fee of
// what it would have refunded else, in minor units.
func RefundPayment(step *commonv1.Step, amount *commonv1.Money, keptFee int64) saga.Call {
	call := saga.CallOf(sagas.RefundPayment, &paymentsv1.RefundRequest{Step: step, Amount: amount, KeptFee: keptFee},
		fmt.Sprintf("Refund %d %s (minor units)", amount.GetAmount(), amount.GetCurrency()))
	call.Remote = true
	return call
}

func (r refunding) recordRefunded() saga.Call {
	return record.Order{}.Done(r.Saga, "Record what was refunded")
}

func (r refunding) recordRefused(why *commonv1.Refusal) saga.Call {
	return record.Order{}.Refused(r.Saga, why)
}
