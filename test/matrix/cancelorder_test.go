package matrix_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/test/shop"
	"github.com/ordersaga/ordersaga/workflows/cancelorder"
	"github.com/ordersaga/ordersaga/workflows/saga"
	"github.com/ordersaga/ordersaga/workflows/sagatest"
)

// TestCancelOrder breaks every call of CancelOrder, of a whole order and of a part of one. There is
// no way back: it always comes to its end.
func TestCancelOrder(t *testing.T) {
	w := open(t)
	for _, units := range []int64{wanted, 1} {
		whole := units == wanted
		of := map[bool]string{true: "all units, ", false: "one unit, "}[whole]
		t.Run(of+"nothing goes wrong", func(t *testing.T) { w.cancels(t, units, nil) })
		for _, call := range saga.List(cancelorder.Saga) {
			if call.Activity == sagas.VoidPayment.Name && !whole {
				continue
			}
			for name, f := range map[string]fault{
				"request lost once":             requestLost(once),
				"answer lost once":              answerLost(once),
				"request lost until stuck":      requestLost(stuck),
				"answer lost until stuck":       answerLost(stuck),
				"the task is lost after it":     nil,
				"somebody cancels the workflow": cancelled(true),
			} {
				t.Run(of+name+" at "+call.Activity, func(t *testing.T) {
					if f == nil {
						w.cancelsAfterALostTask(t, units, call.Activity)
						return
					}
					w.cancels(t, units, on(call.Activity, f))
				})
			}
		}
	}
}

// confirmedOrder is placed in the test's environment, and CancelOrder has begun at it.
func (w *world) confirmedOrder(t *testing.T, units int64) (*run, *ordersv1.CancelOrderInput) {
	t.Helper()
	r, outcome := w.places(t, "card_approve", nil)
	require.Equal(t, sagas.StatusConfirmed, outcome.GetStatus())
	id, sku := r.input.GetPlacement().GetOrderId(), r.input.GetPlacement().GetLines()[0].GetSku()
	// There is no worker: the workflow that the service starts waits for ever.
	begun := w.Operator().Post(shop.Orders, "/v1/orders/"+id+"/cancellations",
		map[string]any{"reason": "customer", "lines": []any{map[string]any{"line": 1, "quantity": units}}},
		"Idempotency-Key", "k", "If-Match", "*", "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, begun.Status, "%s", begun)
	return r, &ordersv1.CancelOrderInput{
		Saga:   &commonv1.Saga{OrderId: id, Kind: sagas.KindCancelOrder, Instance: begun.Field("id").(string)},
		Lines:  []*commonv1.Line{{Number: 1, Sku: sku, Quantity: units}},
		Whole:  units == wanted,
		Amount: &commonv1.Money{Amount: units * price, Currency: "GBP"}, Reason: "customer",
	}
}

func (w *world) cancels(t *testing.T, units int64, f fault) {
	t.Helper()
	r, in := w.confirmedOrder(t, units)
	r.fault, r.attempts = f, map[string]int{}
	r.env = sagatest.Execute(t, r.environment, sagas.CancelOrder, in)
	r.hasCancelled(units)
}

// cancelsAfterALostTask has a first worker do everything up to a call and forget it.
func (w *world) cancelsAfterALostTask(t *testing.T, units int64, call string) {
	t.Helper()
	r, in := w.confirmedOrder(t, units)
	lost := false
	r.fault, r.attempts = func(_ *run, called string, _ int, make func() (any, error)) (any, error) {
		if lost {
			return nil, errLost
		}
		result, err := make()
		lost = called == call
		return result, err
	}, map[string]int{}
	r.environment().ExecuteWorkflow(sagas.CancelOrder, in)
	require.True(t, lost)
	r.fault, r.attempts = nil, map[string]int{}
	// The sweep resumes what has no run.
	r.env = sagatest.Execute(t, r.environment, sagas.ResumeOrder, &commonv1.SagaRun{Saga: in.GetSaga()})
	r.hasCancelled(units)
}

// hasCancelled checks what services and provider have after some of the units were cancelled.
func (r *run) hasCancelled(cancelled int64) {
	t := r.t
	t.Helper()
	outcome := r.outcome()
	require.Nil(t, outcome.GetRefusal())
	id, sku := r.input.GetPlacement().GetOrderId(), r.input.GetPlacement().GetLines()[0].GetSku()
	stock, books := r.Stock(sku), r.Books(id)
	assert.EqualValues(t, wanted-cancelled, stock.Reserved, "the units are free again, once")
	assert.Equal(t, 1, books.Authorized)
	if cancelled == wanted {
		assert.Equal(t, sagas.StatusCancelled, r.Order(id).Status)
		assert.Zero(t, books.Open, "nothing is held at the provider")
	} else {
		assert.Equal(t, sagas.StatusConfirmed, r.Order(id).Status)
		assert.Equal(t, 1, books.Open)
	}
}
