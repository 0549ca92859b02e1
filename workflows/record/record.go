// Package record makes the calls by which sagas record at their order.
package record

import (
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/workflows/saga"
)

// Order makes the calls to the orders service.
type Order struct{}

// TurnedBack records that the saga turns back, so that the order refuses its pivot.
func (Order) TurnedBack(ref *commonv1.Saga, why *commonv1.Refusal) saga.Call {
	return saga.CallOf(sagas.RecordTurnedBack, &ordersv1.RecordTurnedBackRequest{Saga: ref, Why: why},
		"Turn back: "+why.GetReason())
}

// Resumed asks for the saga's direction.
func (Order) Resumed(ref *commonv1.Saga) saga.Call {
	return saga.CallOf(sagas.RecordResumed, &ordersv1.RecordResumedRequest{Saga: ref}, "Ask the order where the saga is")
}

// Input returns the saga's input that the order keeps, or nil.
func (Order) Input(response any) proto.Message {
	resumed, _ := response.(*ordersv1.RecordResumedResponse)
	switch in := resumed.GetInput().(type) {
	case *ordersv1.RecordResumedResponse_PlaceOrder:
		return in.PlaceOrder
	case *ordersv1.RecordResumedResponse_CancelOrder:
		return in.CancelOrder
	case *ordersv1.RecordResumedResponse_ShipOrder:
		return in.ShipOrder
	case *ordersv1.RecordResumedResponse_RefundOrder:
		return in.RefundOrder
	}
	return nil
}

// Done ends a saga on a confirmed order after all its steps are done.
func (Order) Done(s *saga.Saga, summary string) saga.Call {
	return saga.CallOf(sagas.RecordDone, &ordersv1.RecordDoneRequest{Saga: s.Ref(), Facts: s.Facts()}, summary)
}

// Refused ends a saga on a confirmed order that turned back.
func (Order) Refused(s *saga.Saga, why *commonv1.Refusal) saga.Call {
	return saga.CallOf(sagas.RecordRefused, &ordersv1.RecordRefusedRequest{Saga: s.Ref(), Why: why, Facts: s.Facts()},
		"Refuse: "+why.GetReason())
}

// Stuck records the steps in which the saga is stuck, and the build of the worker.
func (Order) Stuck(ref *commonv1.Saga, troubles []saga.Trouble, build string) saga.Call {
	steps := make([]*ordersv1.StuckStep, len(troubles))
	for i, t := range troubles {
		steps[i] = &ordersv1.StuckStep{
			Step: t.Activity, Attempts: int32(t.Attempts), LastError: t.LastError, Service: t.Service, Kind: t.Kind, TraceId: t.TraceID,
		}
	}
	return saga.CallOf(sagas.RecordStuck, &ordersv1.RecordStuckRequest{Saga: ref, Steps: steps, Build: build}, "Say that the saga is stuck")
}

// Acts asks what operators decided about the stuck saga.
func (Order) Acts(ref *commonv1.Saga) saga.Call {
	return saga.CallOf(sagas.TakeActs, &ordersv1.TakeActsRequest{Saga: ref}, "Ask the order what operators decided")
}

// Taken returns what operators decided.
func (Order) Taken(response any) []saga.Act {
	taken, _ := response.(*ordersv1.TakeActsResponse)
	acts := make([]saga.Act, len(taken.GetActs()))
	for i, act := range taken.GetActs() {
		acts[i] = saga.Act{Name: act.GetName(), Step: act.GetStep(), Reference: act.GetReference(), Open: act.GetOpen()}
	}
	return acts
}
