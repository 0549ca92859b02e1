package runs

import (
	"context"
	"fmt"
	"strings"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// MaxOpen bounds how many open runs are listed.
const MaxOpen = 20_000

const openPage = 1000

// Open lists the open runs of orders by order id, at most about MaxOpen: then whole is false. The
// list is Temporal's visibility, which is some seconds late.
func (r *Runs) Open(ctx context.Context) (open map[string]Run, whole bool, err error) {
	open = map[string]Run{}
	request := &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: openPage, Query: fmt.Sprintf(`ExecutionStatus IN ("Running", "Paused") AND TaskQueue = %q`, r.taskQueue),
	}
	prefix := sagas.WorkflowID("")
	for {
		page, err := r.temporal.ListWorkflow(ctx, request)
		if err != nil {
			return nil, false, fmt.Errorf("list the open runs of orders: %w", err)
		}
		for _, info := range page.GetExecutions() {
			if orderID, ok := strings.CutPrefix(info.GetExecution().GetWorkflowId(), prefix); ok {
				open[orderID] = runOf(info)
			}
		}
		request.NextPageToken = page.GetNextPageToken()
		switch {
		case len(request.NextPageToken) == 0:
			return open, true, nil
		case len(open) >= MaxOpen:
			return open, false, nil
		}
	}
}
