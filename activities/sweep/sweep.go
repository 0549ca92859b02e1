// Package sweep finds open sagas without a running workflow.
package sweep

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

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

// ResumeOpenSagas starts ResumeOrder for each open saga that has no run.
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
			resumed, err := sagas.Resume(ctx, a.Temporal, a.TaskQueue, open.GetSaga(), open.GetCustomerId())
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
