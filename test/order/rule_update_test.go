package order_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/test/shop"
)

// An update of the same id is the same update: another request would be given the answer of the
// first.
func TestAnotherRequestUnderTheSameKeyIsAnotherUpdate(t *testing.T) {
	s := shop.Open(t, shop.Options{Without: []string{shop.Worker}})
	g := &gate{}
	temporalClient := startWorker(t, s, g, true)
	g.watch(sagas.AuthorizePayment.Name, false) // the first request's run is there while the second comes
	s.Sells("tea", 450, 100)
	id := uuid.NewString()
	ask := func(hash string) (outcome *commonv1.Outcome, err error) {
		hash = strings.Repeat(hash, 64)
		in := &ordersv1.PlaceOrderInput{
			Saga: sagas.Placing(id),
			Placement: &ordersv1.Placement{
				OrderId: id, CustomerId: "anna", RequestHash: hash, PlacedAt: timestamppb.Now(),
				Lines: []*ordersv1.OrderLine{{Number: 1, Sku: "tea", Name: "Tea", UnitPrice: 450, Quantity: 1}},
				Total: &commonv1.Money{Amount: 450, Currency: "GBP"},
			},
			PaymentMethod: "card_approve",
		}
		update, err := temporalClient.UpdateWithStartWorkflow(t.Context(), client.UpdateWithStartWorkflowOptions{
			StartWorkflowOperation: temporalClient.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
				ID: sagas.WorkflowID(id), TaskQueue: s.TaskQueue, WorkflowTaskTimeout: sagas.WorkflowTaskTimeout,
				WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
			}, sagas.PlaceOrder, in),
			UpdateOptions: client.UpdateWorkflowOptions{
				UpdateID: sagas.PlaceUpdateID(hash), WorkflowID: sagas.WorkflowID(id), UpdateName: sagas.UpdatePlace,
				Args: []any{sagas.PlaceRequest{RequestHash: hash}}, WaitForStage: client.WorkflowUpdateStageAccepted,
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
		assert.Equal(t, sagas.StatusConfirmed, outcome.GetStatus())
		first <- err
	}()
	require.Equal(t, sagas.WorkflowID(id), <-g.reached)
	_, err := ask("b")
	refused, ok := sagas.RefusalOf(err)
	require.True(t, ok, "the second request is refused, not answered with the first one's outcome: %v", err)
	assert.Equal(t, refusals.RequestMismatch, refused.Reason)
	close(g.goOn)
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
