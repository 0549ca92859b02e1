package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/workflows/saga"
)

func TestARunClosesOnlyWhenEveryUpdateHasItsAnswer(t *testing.T) {
	env, c := newEnvironment(), new(caller)
	answered := false
	env.RegisterDelayedCallback(func() { env.UpdateWorkflow(sagas.UpdatePlace, "id", c, sagas.PlaceRequest{}) }, 0)
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		err := saga.Register(ctx, saga.Handlers{sagas.UpdatePlace: func(ctx workflow.Context, _ sagas.PlaceRequest) error {
			answered = workflow.Sleep(ctx, time.Minute) == nil
			return nil
		}})
		if err != nil {
			return err
		}
		if err := workflow.Sleep(ctx, time.Second); err != nil {
			return err
		}
		return saga.Drain(ctx)
	})
	require.NoError(t, env.GetWorkflowError())
	require.NoError(t, c.err)
	assert.True(t, answered, "who waits for an update is answered before the run closes")
}
