// Package sweep finds the orders that no saga works on any more.
package sweep

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// SweepOrders starts ResumeOrder on every order that is unsettled and has no open
// run. A schedule runs it; a sweep that fails is followed by the next one.
func SweepOrders(ctx workflow.Context, in sagas.SweepOrdersInput) (result sagas.SweepOrdersResult, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Minute,
		HeartbeatTimeout:    30 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 3},
		Summary:             "Look for unsettled orders without a saga",
	})
	err = workflow.ExecuteActivity(ctx, sagas.ResumeUnsettled, in).Get(ctx, &result)
	return result, err
}
