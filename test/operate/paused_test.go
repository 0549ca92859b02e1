package operate_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// Somebody pauses the workflow of a stuck saga in Temporal, and forgets it. Operators find the pause
// and what ends it; what they decide meanwhile is taken afterwards.
func TestAPausedWorkflowIsFoundExplainedAndGoesOnWhenUnpaused(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 2500, 2)
	anna := s.Customer("anna")
	answer := anna.Place("paused", shop.Of("tea", 1, "card_approve"), "Prefer", "wait=50")
	require.Equal(t, http.StatusCreated, answer.Status, "%s", answer)
	id := answer.Field("id").(string)
	showsCauses(t, s, []string{id})
	s.Kill(shop.Paysim)
	answer = anna.Post(shop.Orders, "/v1/orders/"+id+"/cancellations", map[string]any{"reason": "customer"},
		"Idempotency-Key", "k", "If-Match", "*", "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, answer.Status, "%s", answer)
	const stuck, paused = "cancel-order/VoidPayment/unavailable", "cancel-order/-/paused"
	testkit.Eventually(t, "the saga to be stuck", func() bool { return stuckFor(s)[stuck] == 1 })

	temporal := s.Temporal()
	// Each round of a stuck saga is a run, and a workflow task that is under way may still end one.
	testkit.Eventually(t, "the workflow to be paused", func() bool {
		_, err := temporal.WorkflowService().PauseWorkflowExecution(t.Context(), &workflowservice.PauseWorkflowExecutionRequest{
			Namespace: s.Namespace, WorkflowId: sagas.WorkflowID(id), Identity: "olga", Reason: "the *bank* is asked",
		})
		var off *serviceerror.Unimplemented
		require.NotErrorAs(t, err, &off)
		described, err := temporal.DescribeWorkflowExecution(t.Context(), sagas.WorkflowID(id), "")
		return err == nil && described.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED &&
			described.GetPendingWorkflowTask().GetState() != enumspb.PENDING_WORKFLOW_TASK_STATE_STARTED
	})
	testkit.Eventually(t, "the pause to stand beside the cause", func() bool {
		causes := stuckFor(s)
		return causes[paused] == 1 && causes[stuck] == 1
	})
	printed, code := s.Run("sagas", "stuck", "--cause", paused)
	require.Zero(t, code, printed)
	assert.Contains(t, printed, id)
	assert.Contains(t, printed, "Its workflow is paused in Temporal")
	printed, code = s.Run("why", id)
	require.Zero(t, code, printed)
	assert.Contains(t, printed, "Its workflow is paused in Temporal (olga: the *bank* is asked).")
	assert.Contains(t, printed, "temporal workflow unpause --workflow-id order-"+id)
	printed, code = s.Run("recover")
	require.Zero(t, code, printed)
	assert.Contains(t, printed, "1 open sagas: 0 had no run", "a paused run is not missing")

	s.Start(shop.Paysim)
	acted := s.Operator().Post(shop.Orders, "/v1/orders/"+id+"/acts", map[string]any{"act": sagas.ActRetry, "note": "the provider is back"},
		"Idempotency-Key", "k", "If-Match", "*")
	require.Equal(t, http.StatusAccepted, acted.Status, "%s", acted)
	assert.Equal(t, "pending", acted.Field("state"))
	require.Equal(t, sagas.StatusConfirmed, s.Order(id).Status, "nothing goes on in a pause")
	_, err := temporal.WorkflowService().UnpauseWorkflowExecution(t.Context(), &workflowservice.UnpauseWorkflowExecutionRequest{
		Namespace: s.Namespace, WorkflowId: sagas.WorkflowID(id), Identity: "olga", Reason: "the bank has answered",
	})
	require.NoError(t, err)
	testkit.Eventually(t, "the order to be cancelled", func() bool { return s.Order(id).Status == sagas.StatusCancelled })
	testkit.Eventually(t, "the act to have helped", func() bool {
		printed, code = s.Run("why", id)
		require.Zero(t, code, printed)
		return strings.Contains(printed, "helped")
	})
	testkit.Eventually(t, "no cause to be left", func() bool { return len(stuckFor(s)) == 0 })
}
