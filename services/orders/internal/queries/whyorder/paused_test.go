package whyorder_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
)

// Somebody pauses an activity in Temporal: neither the saga nor its worker notices.
func TestAPausedActivityIsFoundAndExplained(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	saga := worker.New(w.Temporal, w.TaskQueue, worker.Options{})
	saga.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			TaskQueue: w.TaskQueue + "-nobody", ScheduleToCloseTimeout: time.Hour,
		})
		return workflow.ExecuteActivity(ctx, "VoidPayment").Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "VoidingSaga"})
	require.NoError(t, saga.Start())
	t.Cleanup(saga.Stop)
	id := w.Stuck("ann", providerDown)
	w.Occupy(id, "VoidingSaga")

	_, namespace := testkit.Temporal(t)
	testkit.Eventually(t, "the activity to be paused", func() bool {
		_, err := w.Temporal.WorkflowService().PauseActivity(t.Context(), &workflowservice.PauseActivityRequest{
			Namespace: namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: sagas.WorkflowID(id)},
			Activity: &workflowservice.PauseActivityRequest_Type{Type: "VoidPayment"}, Identity: "olga", Reason: "the bank is asked",
		})
		return err == nil
	})

	operator := w.As("op", auth.ScopeOperator)
	why := explained(t, operator.Get("/v1/orders/"+id+"/why"))
	assert.Equal(t, runs.Paused, why.Problem)
	assert.Contains(t, why.Text, "Its step VoidPayment is paused in Temporal (olga: the bank is asked).")
	assert.Contains(t, why.Next.Text, "unpaused")
	testkit.Eventually(t, "the pause to stand in the list of causes", func() bool {
		var found struct {
			Causes []struct{ Cause, Example string }
		}
		answer := operator.Get("/v1/sagas/causes")
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		answer.Read(&found)
		return slices.Contains(found.Causes, struct{ Cause, Example string }{"place-order/-/" + runs.Paused, id})
	})
}
