// Package sweep looks for orders that no saga works on any more.
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

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// page is how many orders are asked for at once.
const page = 200

// Activities of the sweep.
type Activities struct {
	Client    ordersv1.OrdersServiceClient
	Temporal  client.Client
	TaskQueue string
}

// ResumeUnsettled starts ResumeOrder for each unsettled order that has no open
// run. Temporal decides that: the saga that lives holds the workflow id.
func (a *Activities) ResumeUnsettled(ctx context.Context, in sagas.SweepOrdersInput) (result sagas.SweepOrdersResult, err error) {
	for after := ""; ; {
		found, err := a.Client.ListUnsettled(ctx, &ordersv1.ListUnsettledRequest{
			OlderThan: durationpb.New(in.OlderThan), After: after, Limit: page,
		})
		if err != nil {
			return result, fmt.Errorf("list unsettled orders: %w", err)
		}
		for _, order := range found.GetOrders() {
			result.Unsettled++
			resumed, err := a.resume(ctx, order)
			if err != nil {
				return result, err
			}
			if resumed {
				result.Resumed++
			}
			activity.RecordHeartbeat(ctx, result)
		}
		if after = found.GetNext(); after == "" {
			return result, nil
		}
	}
}

func (a *Activities) resume(ctx context.Context, order *ordersv1.UnsettledOrder) (started bool, err error) {
	_, err = a.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       sagas.WorkflowID(order.GetOrderId()),
		TaskQueue:                a.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowTaskTimeout:      sagas.WorkflowTaskTimeout,
		// Without it the SDK answers with the open run as if it had started one.
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            order.GetCustomerId() + " · settle an order whose saga is gone",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			sagas.OrderStatus.ValueSet(sagas.StatusPlaced),
			sagas.SagaState.ValueSet(sagas.SagaRunning),
			sagas.CustomerID.ValueSet(order.GetCustomerId()),
		),
	}, sagas.ResumeOrder, sagas.ResumeOrderInput{OrderID: order.GetOrderId(), CustomerID: order.GetCustomerId()})
	var open *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &open) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("resume order %s: %w", order.GetOrderId(), err)
	}
	return true, nil
}
