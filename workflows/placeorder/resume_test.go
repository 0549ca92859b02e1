package placeorder_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/workflows/placeorder"
)

func (w *world) resumes(t *testing.T) (outcome sagas.Outcome) {
	t.Helper()
	w.RegisterWorkflowWithOptions(placeorder.ResumeOrder, workflow.RegisterOptions{Name: sagas.ResumeOrder})
	w.ExecuteWorkflow(sagas.ResumeOrder, sagas.ResumeOrderInput{OrderID: input.OrderID, CustomerID: input.CustomerID})
	require.NoError(t, w.GetWorkflowError())
	require.NoError(t, w.GetWorkflowResult(&outcome))
	return outcome
}

func TestAnOrderWithoutItsSagaIsUndoneAndRejected(t *testing.T) {
	w := newWorld(t)
	outcome := w.resumes(t)
	assert.Equal(t, sagas.StatusRejected, outcome.Status)
	assert.Equal(t, refusals.Interrupted, outcome.Refusal.Reason)
	assert.Equal(t, []string{sagas.StartCompensation, sagas.VoidPayment, sagas.ReleaseStock, sagas.RejectOrder}, w.done())
	undone := w.inputs[sagas.ReleaseStock].(sagas.StepInput)
	assert.Equal(t, sagas.Step{OrderID: input.OrderID, Saga: "place-order", Name: "reserve-stock"}, undone.Step, "PlaceOrder's own step")
}

func TestAnOrderThatWasConfirmedWithoutItsSagaHearingOfItStays(t *testing.T) {
	w := newWorld(t)
	w.on(sagas.StartCompensation, always(confirmed))
	assert.Equal(t, sagas.StatusConfirmed, w.resumes(t).Status)
	assert.Equal(t, []string{sagas.StartCompensation}, w.done())
}
