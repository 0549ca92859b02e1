// Package sweep has the workflow that finds open sagas without a run.
package sweep

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// SweepOrders starts ResumeOrder for every open saga that has no run. A schedule runs it; a sweep
// that fails is followed by the next one.
func SweepOrders(ctx workflow.Context, in sagas.SweepOrdersInput) (result sagas.SweepOrdersResult, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Minute,
		HeartbeatTimeout:    30 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 3},
		Summary:             "Look for open sagas without a run",
	})
	err = workflow.ExecuteActivity(ctx, sagas.ResumeOpenSagas, in).Get(ctx, &result)
	return result, err
}
