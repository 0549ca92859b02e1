package order_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdk "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// broken fails every call of one activity until it is mended.
type broken struct {
	interceptor.WorkerInterceptorBase
	activity string
	mended   atomic.Bool
}

func (b *broken) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &breaks{interceptor.ActivityInboundInterceptorBase{Next: next}, b}
}

type breaks struct {
	interceptor.ActivityInboundInterceptorBase
	broken *broken
}

func (a *breaks) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	if activity.GetInfo(ctx).ActivityType.Name == a.broken.activity && !a.broken.mended.Load() {
		return nil, errors.New("the stock room is locked")
	}
	return a.Next.ExecuteActivity(ctx, in)
}

// On a real server: the test environment loses neither an activity that nobody waited for nor who
// waits for an update when a run goes on as another.
func TestAStuckSagaGoesOnAsRepairOrderAndItsOrderSaysSo(t *testing.T) {
	s := shop.Open(t, shop.Options{Without: []string{shop.Worker}})
	b := &broken{activity: sagas.ReleaseStock.Name}
	temporal := startWorker(t, s, b, true)
	s.Sells("tea", 300, 5)
	anna := s.Customer("anna")

	answer := anna.Place("stuck", shop.Of("tea", 2, "card_declined"), "Prefer", "wait=10")
	require.Equal(t, http.StatusAccepted, answer.Status, "%s", answer)
	id := answer.Field("id").(string)
	testkit.Eventually(t, "the order to say that its saga is stuck", func() bool {
		stuck := s.Order(id).Stuck
		return stuck != nil && stuck.Steps[0].Step == sagas.ReleaseStock.Name
	})
	var run string
	testkit.Eventually(t, "a third round, a run of its own", func() bool {
		described, err := temporal.DescribeWorkflow(t.Context(), sagas.WorkflowID(id), "")
		if err != nil {
			return false
		}
		if described.WorkflowType.Name == sagas.RepairOrder && run != described.WorkflowExecution.RunID && run != "" {
			assert.Less(t, described.HistoryLength, 40)
			return true
		}
		if described.WorkflowType.Name == sagas.RepairOrder {
			run = described.WorkflowExecution.RunID
		}
		return false
	})

	// Each round begins with a pause, of 8 s in the third.
	testkit.Eventually(t, "operators to read why it pauses", func() bool {
		metadata, err := temporal.QueryWorkflow(t.Context(), sagas.WorkflowID(id), "", "__temporal_workflow_metadata")
		var shown sdk.WorkflowMetadata
		return err == nil && metadata.Get(&shown) == nil && strings.Contains(shown.GetCurrentDetails(), "**Stuck** in ReleaseStock") &&
			strings.Contains(shown.GetCurrentDetails(), "the stock room is locked")
	})

	b.mended.Store(true)
	testkit.Eventually(t, "the saga to take the update that wakes it", func() bool {
		woken, err := temporal.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
			WorkflowID: sagas.WorkflowID(id), UpdateName: sagas.UpdateWake, WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		if err == nil {
			err = woken.Get(t.Context(), nil)
		}
		return err == nil || s.Order(id).Status == sagas.StatusRejected
	})
	testkit.Eventually(t, "the order to be rejected", func() bool { return s.Order(id).Status == sagas.StatusRejected })
	assert.Zero(t, s.Stock("tea").Reserved)
	again := anna.Place("stuck", shop.Of("tea", 2, "card_declined"))
	assert.Equal(t, http.StatusUnprocessableEntity, again.Status, "%s", again)
	assert.Contains(t, again.Field("type"), "payment-declined", "the first failure, whatever came after it")
}
