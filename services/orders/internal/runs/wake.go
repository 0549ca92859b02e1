package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/pause"
)

// wakeAgain is the pause before an update is sent again that came while a run closed.
const wakeAgain = 100 * time.Millisecond

// Wake ends the pause of an order's stuck saga, and returns when its run has taken the update. It is
// no error when there is no run: what the saga is to do is recorded at the order.
func (r *Runs) Wake(ctx context.Context, orderID string) error {
	for {
		handle, err := r.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
			WorkflowID: sagas.WorkflowID(orderID), UpdateName: sagas.UpdateWake, WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		if err == nil {
			err = handle.Get(ctx, nil)
		}
		var none *serviceerror.NotFound
		var notReady *serviceerror.WorkflowNotReady
		switch {
		case err == nil || errors.As(err, &none):
			return nil
		case !errors.As(err, &notReady) || pause.For(ctx, wakeAgain, nil) != nil:
			return fmt.Errorf("wake the saga of order %s: %w", orderID, err)
		}
	}
}
