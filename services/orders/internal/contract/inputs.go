package contract

import (
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain/slots"
)

// Open is the workflow of the saga that carries out a request on an order.
type Open struct {
	Workflow string // its name
	Input    proto.Message
	Summary  string // one line for the Web UI
}

// OpenOf returns the workflow of the order's open request; false when it has none.
func OpenOf(o *domain.Order) (Open, bool) {
	request := o.OpenRequest()
	if request == nil {
		return Open{}, false
	}
	saga := SagaMessage(o.ID(), o.Saga().Saga)
	switch {
	case request.Cancellation != nil:
		cancelled := request.Cancellation
		in := &ordersv1.CancelOrderInput{
			Saga: saga, Whole: cancelled.Whole && cancelled.FeeCapture.Amount == 0, Reason: cancelled.Reason, Lines: lines(o, cancelled.Units),
			Amount: moneyMessage(cancelled.Amount), WriteOff: cancelled.WriteOff,
		}
		if cancelled.Fee.Amount > 0 {
			in.Fee = &ordersv1.CancellationFee{
				Captured: moneyMessage(domain.Money{Amount: cancelled.FeeCapture.Amount, Currency: cancelled.Fee.Currency}),
				KeptBack: moneyMessage(cancelled.KeptBack()), Last: cancelled.Last,
			}
			if cancelled.FeeCapture.Amount > 0 {
				in.Fee.AuthorizationId = o.Charge().Authorization
			}
		}
		if cancelled.Refund.Amount > 0 {
			in.Refund = moneyMessage(cancelled.Refund)
		}
		if cancelled.Rest {
			in.VoidAuthorizationId = o.Charge().Authorization
		}
		return Open{sagas.CancelOrder, in, "cancel " + text.Count(len(in.GetLines()), "line") + " · " + cancelled.Amount.Text()}, true
	case request.Shipment != nil:
		shipped := request.Shipment
		in := &ordersv1.ShipOrderInput{
			Saga: saga, Lines: lines(o, shipped.Units), Capture: moneyMessage(shipped.Capture), AuthorizationId: shipped.Authorization,
			Last: shipped.Last, VoidRest: shipped.Rest,
		}
		return Open{sagas.ShipOrder, in, "ship " + text.Count(len(in.GetLines()), "line") + " · capture " + shipped.Capture.Text()}, true
	case request.Refund != nil:
		refunded := request.Refund
		in := &ordersv1.RefundOrderInput{Saga: saga, Amount: moneyMessage(refunded.Amount), Reason: refunded.Reason}
		return Open{sagas.RefundOrder, in, "refund " + refunded.Amount.Text()}, true
	}
	return Open{}, false
}

// lines are units as quantities, in the order of the lines.
func lines(o *domain.Order, units []slots.Range) (all []*commonv1.Line) {
	quantities := map[int32]int64{}
	for _, r := range units {
		quantities[r.Line] += r.Units()
	}
	for _, line := range o.Lines() {
		if quantity := quantities[line.Number]; quantity > 0 {
			all = append(all, &commonv1.Line{Number: line.Number, Sku: line.SKU, Quantity: quantity})
		}
	}
	return all
}

// Resumed answers a saga whose run was lost: its direction, and its input as far as the order keeps
// it.
func Resumed(o *domain.Order, saga domain.Saga, direction domain.Direction) *ordersv1.RecordResumedResponse {
	answer := &ordersv1.RecordResumedResponse{Direction: DirectionMessage(direction)}
	if saga == domain.Placing(o.ID()) {
		if o.Placed() {
			answer.Input = &ordersv1.RecordResumedResponse_PlaceOrder{PlaceOrder: PlaceOrderInput(o)}
		}
		return answer
	}
	open, _ := OpenOf(o)
	if o.Saga() == nil || o.Saga().Saga != saga {
		return answer
	}
	switch in := open.Input.(type) {
	case *ordersv1.CancelOrderInput:
		answer.Input = &ordersv1.RecordResumedResponse_CancelOrder{CancelOrder: in}
	case *ordersv1.ShipOrderInput:
		answer.Input = &ordersv1.RecordResumedResponse_ShipOrder{ShipOrder: in}
	case *ordersv1.RefundOrderInput:
		answer.Input = &ordersv1.RecordResumedResponse_RefundOrder{RefundOrder: in}
	}
	return answer
}
