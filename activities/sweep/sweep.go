// Package sweep finds open sagas without a running workflow.
package sweep

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/durationpb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// page is the number of sagas per request.
const page = 200

// Activities of the sweep.
type Activities struct {
	Client    ordersv1.OrdersServiceClient
	Temporal  client.Client
	TaskQueue string
}

// ResumeOpenSagas starts ResumeOrder for each open saga that has no run. Temporal refuses the start
// when there is one, because a run holds the order's workflow id.
func (a *Activities) ResumeOpenSagas(ctx context.Context, in sagas.SweepOrdersInput) (result sagas.SweepOrdersResult, err error) {
	for after := ""; ; {
		found, err := a.Client.ListOpenSagas(ctx, &ordersv1.ListOpenSagasRequest{
			OlderThan: durationpb.New(in.OlderThan), After: after, Limit: page,
		})
		if err != nil {
			return result, fmt.Errorf("list open sagas: %w", err)
		}
		for _, open := range found.GetSagas() {
			result.Open++
			resumed, err := a.resume(ctx, open)
			switch {
			case ctx.Err() != nil:
				return result, ctx.Err()
			case err != nil:
				// Continue with the next saga; the next sweep tries this one again.
				activity.GetLogger(ctx).Error("a saga was not resumed", "error", err)
				result.Failed++
			case resumed:
				result.Resumed++
			}
			activity.RecordHeartbeat(ctx, result)
		}
		if after = found.GetNext(); after == "" {
			return result, nil
		}
	}
}

func (a *Activities) resume(ctx context.Context, open *ordersv1.OpenSaga) (started bool, err error) {
	orderID := open.GetSaga().GetOrderId()
	_, err = a.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       sagas.WorkflowID(orderID),
		TaskQueue:                a.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowTaskTimeout:      sagas.WorkflowTaskTimeout,
		// Without it the SDK returns the open run as if it had started one.
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            open.GetSaga().GetKind() + " · its run was gone",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			sagas.OrderStatus.ValueSet(sagas.StatusPlaced),
			sagas.SagaState.ValueSet(sagas.SagaRunning),
			sagas.CustomerID.ValueSet(open.GetCustomerId()),
		),
	}, sagas.ResumeOrder, &commonv1.SagaRun{Saga: open.GetSaga()})
	var running *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &running) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("resume %s of order %s: %w", open.GetSaga().GetKind(), orderID, err)
	}
	return true, nil
}
