package cancelorder_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/workflows/cancelorder"
)

// The order has recorded the cancellation and refuses other sagas until it is carried out, so a run
// that somebody cancelled before its first task must not stop.
func TestAWorkflowThatIsCancelledBeforeItsFirstTaskCancelsTheOrder(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetDataConverter(sagas.DataConverter())
	var calls []string
	answer(env, sagas.RecordResumed, &calls, &ordersv1.RecordResumedResponse{
		Direction: &commonv1.Direction{Says: &commonv1.Direction_Forward{Forward: &commonv1.Forward{}}},
	})
	answer(env, sagas.ReleaseUnits, &calls, &inventoryv1.ReleaseUnitsResponse{})
	answer(env, sagas.VoidPayment, &calls, &paymentsv1.VoidResponse{})
	answer(env, sagas.RecordDone, &calls, &ordersv1.RecordDoneResponse{
		Direction: &commonv1.Direction{Says: &commonv1.Direction_Ended{Ended: &commonv1.Outcome{Status: sagas.StatusCancelled}}},
	})
	env.ExecuteWorkflow(func(ctx workflow.Context, in *ordersv1.CancelOrderInput) (*commonv1.Outcome, error) {
		ctx, cancel := workflow.WithCancel(ctx)
		cancel()
		return cancelorder.CancelOrder(ctx, in)
	}, &ordersv1.CancelOrderInput{
		Saga:  &commonv1.Saga{OrderId: "6c9c4a0e-4a6b-5f0e-9a53-1f1d8c0f4e11", Kind: sagas.KindCancelOrder, Instance: "0d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d"},
		Lines: []*commonv1.Line{{Number: 1, Sku: "85123A", Quantity: 6}}, Whole: true,
	})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"RecordResumed", "ReleaseUnits", "VoidPayment", "RecordDone"}, calls)
}

func answer[Request, Response any](env *testsuite.TestWorkflowEnvironment, a sagas.Activity[Request, Response], calls *[]string, with *Response) {
	env.RegisterActivityWithOptions(func(context.Context, *Request) (*Response, error) {
		*calls = append(*calls, a.Name)
		return with, nil
	}, activity.RegisterOptions{Name: a.Name})
}
