package causes_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/orders/internal/causes"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/opensagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
)

// silenced is Temporal that stops answering after some runs were described.
type silenced struct {
	client.Client
	answers int
}

func (s *silenced) DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if s.answers--; s.answers < 0 {
		return nil, serviceerror.NewUnavailable("no answer")
	}
	return s.Client.DescribeWorkflowExecution(ctx, workflowID, runID)
}

// crowded is Temporal with more open runs of other orders than are listed.
type crowded struct{ client.Client }

func (crowded) ListWorkflow(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	page := &workflowservice.ListWorkflowExecutionsResponse{NextPageToken: []byte("more")}
	for n := range runs.MaxOpen {
		page.Executions = append(page.Executions, &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: sagas.WorkflowID(strconv.Itoa(n))},
		})
	}
	return page, nil
}

// Temporal has lost its runs, and they are too many to ask for each, or it stops answering on the way.
func TestWhatIsNotLookedAtIsCounted(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	const orders = 5
	for range orders {
		w.Stuck("ann", domain.StuckStep{Step: "VoidPayment", Attempts: 5, LastError: "no answer", Kind: sagas.FailureUnavailable})
	}
	find := func(temporal client.Client, looks int) (found causes.Found, lost int) {
		finder := causes.Finder{Orders: w.Orders, OpenSagas: opensagas.New(w.DB), Runs: runs.New(temporal, w.TaskQueue), Looks: looks}
		found, err := finder.Find(t.Context())
		require.NoError(t, err)
		for _, trouble := range found.Troubles {
			if trouble.Kind == runs.NoRun {
				lost++
			}
		}
		return found, lost
	}
	testkit.Eventually(t, "the list to have the orders", func() bool {
		_, lost := find(w.Temporal, 0)
		return lost == orders
	})
	for _, c := range []struct {
		why          string
		temporal     client.Client
		looks        int
		lost, unseen int
		more, blind  bool
	}{
		{"all are looked at", w.Temporal, orders, orders, 0, false, false},
		{"they are too many", w.Temporal, 2, 2, 3, true, false},
		{"the rest of Temporal's list may have them", crowded{w.Temporal}, orders, 0, 0, true, false},
		{"Temporal stops answering", &silenced{w.Temporal, 1}, orders, 1, 4, true, true},
	} {
		found, lost := find(c.temporal, c.looks)
		assert.Equal(t, c.lost, lost, c.why)
		assert.Len(t, found.Troubles, orders+lost, "%s: what is stuck is in the list", c.why)
		assert.Equal(t, c.unseen, found.Unseen, c.why)
		assert.Equal(t, c.more, found.More, c.why)
		assert.Equal(t, c.blind, found.Blind, c.why)
	}
}
