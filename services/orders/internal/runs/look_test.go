package runs

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"
)

// A workflow that is paused holds its order's id and is no run that is missing. Servers allow such
// pauses only when they are configured to; the development stack's does not.
func TestAPausedWorkflowIsNotMissing(t *testing.T) {
	entries, err := converter.GetDefaultDataConverter().ToPayload([]string{"Workflow:order-7", "Reason:an inspection"})
	require.NoError(t, err)
	run := runOf(&workflowpb.WorkflowExecutionInfo{
		Status:           enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED,
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{pauseInfo: entries}},
	})
	assert.Equal(t, StatePaused, run.State)
	assert.Equal(t, Paused, run.Problem(Polled{workers: 1}))
	assert.Empty(t, run.Paused, "no activity is")
	assert.Equal(t, "Its workflow is paused in Temporal.", run.Explain(Polled{workers: 1}))
}
