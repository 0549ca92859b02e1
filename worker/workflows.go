package main

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/workflows/placeorder"
	"github.com/ordersaga/ordersaga/workflows/sweep"
)

// registerWorkflows is the list of sagas: one line a saga. A saga is short-lived
// and pinned to the worker version it began on.
func registerWorkflows(w worker.WorkflowRegistry) {
	w.RegisterWorkflowWithOptions(placeorder.PlaceOrder, pinned(sagas.PlaceOrder))
	w.RegisterWorkflowWithOptions(placeorder.ResumeOrder, pinned(sagas.ResumeOrder))
	w.RegisterWorkflowWithOptions(sweep.SweepOrders, pinned(sagas.SweepOrders))
}

func pinned(name string) workflow.RegisterOptions {
	return workflow.RegisterOptions{Name: name, VersioningBehavior: workflow.VersioningBehaviorPinned}
}
