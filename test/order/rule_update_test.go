package order_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// An update of the same id is the same update: another request would be given the
// answer of the first.
func TestAnotherRequestUnderTheSameKeyIsAnotherUpdate(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 450, 100)
	temporalClient := s.Temporal()
	in := sagas.PlaceOrderInput{
		OrderID: uuid.NewString(), CustomerID: "anna", Total: 450, Currency: "GBP", PaymentMethod: "card_slow",
		Lines: []sagas.Line{{SKU: "tea", Name: "Tea", UnitPrice: 450, Quantity: 1}}, PlacedAt: time.Now().UTC().Truncate(time.Microsecond),
	}
	ask := func(hash string) (outcome sagas.Outcome, err error) {
		in.RequestHash = strings.Repeat(hash, 64)
		update, err := temporalClient.UpdateWithStartWorkflow(t.Context(), client.UpdateWithStartWorkflowOptions{
			StartWorkflowOperation: temporalClient.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
				ID: sagas.WorkflowID(in.OrderID), TaskQueue: s.TaskQueue, WorkflowTaskTimeout: sagas.WorkflowTaskTimeout,
				WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
			}, sagas.PlaceOrder, in),
			UpdateOptions: client.UpdateWorkflowOptions{
				UpdateID: sagas.PlaceUpdateID(in.RequestHash), WorkflowID: sagas.WorkflowID(in.OrderID), UpdateName: sagas.UpdatePlace,
				Args: []any{sagas.PlaceRequest{RequestHash: in.RequestHash}}, WaitForStage: client.WorkflowUpdateStageAccepted,
			},
		})
		if err != nil {
			return outcome, err
		}
		return outcome, update.Get(t.Context(), &outcome)
	}
	first := make(chan error, 1)
	go func() {
		outcome, err := ask("a")
		assert.Equal(t, sagas.StatusConfirmed, outcome.Status)
		first <- err
	}()
	testkit.Eventually(t, "the first request's run", func() bool {
		_, err := temporalClient.DescribeWorkflowExecution(t.Context(), sagas.WorkflowID(in.OrderID), "")
		return err == nil
	})
	_, err := ask("b")
	refused, ok := sagas.RefusalOf(err)
	require.True(t, ok, "the second request is refused, not answered with the first one's outcome: %v", err)
	assert.Equal(t, refusals.RequestMismatch, refused.Reason)
	require.NoError(t, <-first)
}

// The server answers and has no run: nobody will ever work on the order.
func TestAStartThatTheServerRefusesIs503(t *testing.T) {
	const longest = 1000 // of a name, on the server
	s := shop.Open(t, shop.Options{Env: map[string][]string{shop.Orders: {"TEMPORAL_TASK_QUEUE=" + strings.Repeat("q", longest+1)}}})
	s.Sells("tea", 450, 100)
	for _, prefer := range []string{"wait=5", "respond-async"} {
		answer := s.Customer("anna").Place("k", shop.Of("tea", 1, "card_approve"), "Prefer", prefer)
		assert.Equal(t, http.StatusServiceUnavailable, answer.Status, "%s: %s", prefer, answer)
	}
}
