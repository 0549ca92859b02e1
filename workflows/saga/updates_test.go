package saga_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/workflows/record"
	"github.com/ordersaga/ordersaga/workflows/saga"
)

// shipping is a saga of one slow step, which serves the updates that a test gives it.
func shipping(updates func(*saga.Saga) saga.Handlers) saga.Kind {
	return saga.Kind{
		Name: "ship-order", Order: record.Order{}, Updates: updates,
		Tell: saga.Story(func(s *saga.Saga, _ *ordersv1.PlaceOrderInput) {
			call := saga.CallOf(sagas.RecordConfirmed, &ordersv1.RecordConfirmedRequest{}, "Take a minute")
			call.Remote = true
			s.Pivot(func() saga.Call { return call })
		}),
	}
}

type caller struct{ err error }

func (c *caller) Accept()                   {}
func (c *caller) Reject(err error)          { c.err = err }
func (c *caller) Complete(_ any, err error) { c.err = err }

// ships runs the saga; during is called a second after its begin.
func ships(updates func(*saga.Saga) saga.Handlers, during func(env *testsuite.TestWorkflowEnvironment)) *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(2 * time.Minute) // by default a test that is held up for 3 s fails
	env.SetDataConverter(sagas.DataConverter())
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context) (*commonv1.Outcome, error) {
		return saga.Run(ctx, shipping(updates), sagas.Placing("6c9c4a0e-4a6b-5f0e-9a53-1f1d8c0f4e11"), proto.Message(nil))
	}, workflow.RegisterOptions{Name: "shipping"})
	fails := 2
	env.RegisterActivityWithOptions(func(context.Context, *ordersv1.RecordConfirmedRequest) (*ordersv1.RecordConfirmedResponse, error) {
		if fails--; fails >= 0 { // the pauses between attempts are its slowness
			return nil, assert.AnError
		}
		return &ordersv1.RecordConfirmedResponse{Direction: &commonv1.Direction{
			Says: &commonv1.Direction_Ended{Ended: &commonv1.Outcome{Status: sagas.StatusConfirmed}},
		}}, nil
	}, activity.RegisterOptions{Name: sagas.RecordConfirmed.Name})
	env.RegisterDelayedCallback(func() { during(env) }, 100*time.Millisecond)
	env.ExecuteWorkflow("shipping")
	return env
}

func TestAnUpdateOfAnotherSagaIsRefusedByNameWhileThisOneRuns(t *testing.T) {
	c := new(caller)
	env := ships(nil, func(env *testsuite.TestWorkflowEnvironment) {
		env.UpdateWorkflow(sagas.UpdatePlace, "id", c, sagas.PlaceRequest{})
	})
	require.NoError(t, env.GetWorkflowError())
	r, ok := sagas.RefusalOf(c.err)
	require.True(t, ok, "a typed refusal, not %v", c.err)
	assert.Equal(t, refusals.SagaInProgress, r.Reason)
	assert.JSONEq(t, `{"saga":"shipping"}`, string(r.Details))
}

func TestAnUpdateThatTheContractsDoNotListIsAMistakeFoundAtOnce(t *testing.T) {
	env := ships(func(*saga.Saga) saga.Handlers {
		return saga.Handlers{"unheard-of": func(workflow.Context) error { return nil }}
	}, func(*testsuite.TestWorkflowEnvironment) {})
	require.ErrorContains(t, env.GetWorkflowError(), `update "unheard-of" is not listed in contracts/sagas`)
}

func TestARunClosesOnlyWhenEveryUpdateHasItsAnswer(t *testing.T) {
	c, answered := new(caller), false
	env := ships(func(*saga.Saga) saga.Handlers {
		return saga.Handlers{sagas.UpdatePlace: func(ctx workflow.Context, _ sagas.PlaceRequest) error {
			answered = workflow.Sleep(ctx, time.Minute) == nil
			return nil
		}}
	}, func(env *testsuite.TestWorkflowEnvironment) {
		env.UpdateWorkflow(sagas.UpdatePlace, "id", c, sagas.PlaceRequest{})
	})
	require.NoError(t, env.GetWorkflowError())
	require.NoError(t, c.err)
	assert.True(t, answered, "who waits for an update is answered before the run closes")
}
