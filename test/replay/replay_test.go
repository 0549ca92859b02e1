package replay_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/workflows"
)

// Runs that a former build began must be replayed by this one, because a run of a stuck saga goes on
// under another build, and workers are not always versioned. The histories were recorded with a real
// server; a change that breaks one needs a new revision of the story, not another recording.
func TestRecordedHistoriesAreReplayed(t *testing.T) {
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DataConverter: sagas.DataConverter()})
	require.NoError(t, err)
	workflows.Register(replayer)
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	recorded := map[string]bool{}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			content, err := os.Open(file)
			require.NoError(t, err)
			defer content.Close()
			history, err := client.HistoryFromJSON(content, client.HistoryJSONOptions{})
			require.NoError(t, err)
			recorded[history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()] = true
			require.NoError(t, replayer.ReplayWorkflowHistory(nil, history))
		})
	}
	for _, name := range []string{sagas.PlaceOrder, sagas.CancelOrder, sagas.ShipOrder, sagas.RefundOrder, sagas.RepairOrder, sagas.ResumeOrder, sagas.SweepOrders} {
		assert.True(t, recorded[name], "no history of %s is recorded: go test ./test/replay -record", name)
	}
}
