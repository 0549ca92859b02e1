package runs

import (
	"context"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// Resume starts ResumeOrder for an open saga unless its order has a run, and reports whether it did.
func (r *Runs) Resume(ctx context.Context, saga *commonv1.Saga, customerID string) (started bool, err error) {
	return sagas.Resume(ctx, r.temporal, r.taskQueue, saga, customerID)
}
