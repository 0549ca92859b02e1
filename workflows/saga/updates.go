package saga

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// Handlers serve updates by name.
type Handlers map[string]any

// Register gives the workflow a handler for every update a saga may be sent: its
// own, and a typed refusal for the rest. All sagas of an order share one workflow
// id, so an update can reach a run of another type, and one that has no handler
// would fail without saying why. Call it before anything blocks: an update comes
// with the first task.
func Register(ctx workflow.Context, own Handlers) error {
	names := sagas.Updates()
	//workflowcheck:ignore each is looked up, the order does not matter
	for name := range own {
		if !slices.Contains(names, name) {
			return fmt.Errorf("update %q is not listed in contracts/sagas", name)
		}
	}
	for _, name := range names {
		handler, ok := own[name]
		if !ok {
			handler = busy
		}
		if err := workflow.SetUpdateHandler(ctx, name, handler); err != nil {
			return fmt.Errorf("register update %q: %w", name, err)
		}
	}
	return nil
}

// busy refuses an update that the running saga does not serve.
func busy(ctx workflow.Context) error {
	return sagas.RefusalError(refusal.New(refusals.SagaInProgress, "another saga is working on the order; try again when it is done",
		refusals.SagaInProgressDetails{Saga: workflow.GetInfo(ctx).WorkflowType.Name}))
}

// Drain waits until every update has its answer. Call it before the workflow
// returns: what returns first fails them.
func Drain(ctx workflow.Context) error {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}
