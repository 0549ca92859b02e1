package placeorder_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

func (w *world) resumes(t *testing.T) *commonv1.Outcome {
	t.Helper()
	w.execute(t, sagas.ResumeOrder, &commonv1.SagaRun{Saga: input.GetSaga()})
	return w.outcome(t)
}

func TestAnOrderWithoutItsSagaIsUndoneAndRejected(t *testing.T) {
	w := newWorld(t)
	outcome := w.resumes(t)
	assert.Equal(t, sagas.StatusRejected, outcome.GetStatus())
	assert.Equal(t, refusals.Interrupted, outcome.GetRefusal().GetReason())
	assert.Equal(t, append([]string{sagas.RecordResumed.Name}, back(both...)...), w.done(), "no step is done, all are undone")
	undone := w.inputs[sagas.ReleaseStock.Name].(*inventoryv1.ReleaseRequest)
	assert.True(t, proto.Equal(sagas.Step(input.GetSaga(), "reserve-stock"), undone.GetStep()), "the lost run's own step")
}

func TestAnOrderThatWasConfirmedWithoutItsSagaHearingOfItStays(t *testing.T) {
	w := newWorld(t)
	w.answers[sagas.RecordResumed.Name] = func(proto.Message) proto.Message {
		return &ordersv1.RecordResumedResponse{Direction: ended(sagas.StatusConfirmed, nil)}
	}
	assert.Equal(t, sagas.StatusConfirmed, w.resumes(t).GetStatus())
	assert.Equal(t, []string{sagas.RecordResumed.Name}, w.done())
}

func TestASagaThatCannotAskItsOrderAsksAgain(t *testing.T) {
	w := newWorld(t)
	on(w, sagas.RecordResumed, until(15))
	assert.Equal(t, sagas.StatusRejected, w.resumes(t).GetStatus())
	assert.Equal(t, append([]string{sagas.RecordResumed.Name}, back(both...)...), w.done())
}
