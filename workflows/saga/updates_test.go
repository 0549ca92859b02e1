package saga_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/workflows/saga"
)

// shipping is a saga that serves none of the updates of the others.
func shipping(ctx workflow.Context) error {
	if err := saga.Register(ctx, nil); err != nil {
		return err
	}
	return workflow.Sleep(ctx, time.Minute)
}

type caller struct{ err error }

func (c *caller) Accept()                   {}
func (c *caller) Reject(err error)          { c.err = err }
func (c *caller) Complete(_ any, err error) { c.err = err }
func newEnvironment() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	return suite.NewTestWorkflowEnvironment()
}

func TestAnUpdateOfAnotherSagaIsRefusedByNameWhileThisOneRuns(t *testing.T) {
	for _, update := range sagas.Updates() {
		t.Run(update, func(t *testing.T) {
			env, c := newEnvironment(), new(caller)
			env.RegisterDelayedCallback(func() { env.UpdateWorkflow(update, "id", c, sagas.PlaceRequest{}) }, time.Second)
			env.ExecuteWorkflow(shipping)
			require.NoError(t, env.GetWorkflowError())
			r, ok := sagas.RefusalOf(c.err)
			require.True(t, ok, "a typed refusal, not %v", c.err)
			assert.Equal(t, refusals.SagaInProgress, r.Reason)
			assert.JSONEq(t, `{"saga":"shipping"}`, string(r.Details))
		})
	}
}

func TestAnUpdateThatTheContractsDoNotListIsAMistakeFoundAtOnce(t *testing.T) {
	env := newEnvironment()
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		return saga.Register(ctx, saga.Handlers{"unheard-of": func(workflow.Context) error { return nil }})
	})
	require.ErrorContains(t, env.GetWorkflowError(), `update "unheard-of" is not listed in contracts/sagas`)
}
