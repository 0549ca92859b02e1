// Package workflows lists the sagas.
package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/workflows/cancelorder"
	"github.com/ordersaga/ordersaga/workflows/placeorder"
	"github.com/ordersaga/ordersaga/workflows/refundorder"
	"github.com/ordersaga/ordersaga/workflows/saga"
	"github.com/ordersaga/ordersaga/workflows/shiporder"
	"github.com/ordersaga/ordersaga/workflows/sweep"
)

// Kinds are all sagas, which RepairOrder and ResumeOrder can continue.
var Kinds = []saga.Kind{placeorder.Saga, cancelorder.Saga, shiporder.Saga, refundorder.Saga}

// Register registers the workflows with a worker: one line per saga. Each run is pinned to the
// worker version it began on; a stuck saga continues as RepairOrder on the current one.
func Register(w worker.WorkflowRegistry) {
	register(w, sagas.PlaceOrder, placeorder.PlaceOrder)
	register(w, sagas.CancelOrder, cancelorder.CancelOrder)
	register(w, sagas.ShipOrder, shiporder.ShipOrder)
	register(w, sagas.RefundOrder, refundorder.RefundOrder)
	register(w, sagas.RepairOrder, saga.Continue(Kinds...))
	register(w, sagas.ResumeOrder, saga.Continue(Kinds...))
	register(w, sagas.SweepOrders, sweep.SweepOrders)
}

func register(w worker.WorkflowRegistry, name string, function any) {
	w.RegisterWorkflowWithOptions(function, workflow.RegisterOptions{Name: name, VersioningBehavior: workflow.VersioningBehaviorPinned})
}
