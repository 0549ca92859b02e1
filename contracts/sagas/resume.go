package sagas

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
)

// Resume starts ResumeOrder for an open saga that has no run, and reports whether it did. Temporal
// refuses the start when there is one, because a run holds the order's workflow id.
func Resume(ctx context.Context, c client.Client, taskQueue string, saga *commonv1.Saga, customerID string) (started bool, err error) {
	_, err = c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       WorkflowID(saga.GetOrderId()),
		TaskQueue:                taskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowTaskTimeout:      WorkflowTaskTimeout,
		// Without it the SDK returns the open run as if it had started one.
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            saga.GetKind() + " · its run was gone",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			OrderStatus.ValueSet(StatusPlaced),
			SagaState.ValueSet(SagaRunning),
			CustomerID.ValueSet(customerID),
		),
	}, ResumeOrder, &commonv1.SagaRun{Saga: saga})
	var running *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &running) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("resume %s of order %s: %w", saga.GetKind(), saga.GetOrderId(), err)
	}
	return true, nil
}
