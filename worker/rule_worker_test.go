package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/workflows"
)

// registered notes what a worker is given.
type registered struct {
	worker.WorkflowRegistry
	options []workflow.RegisterOptions
}

func (r *registered) RegisterWorkflowWithOptions(_ any, options workflow.RegisterOptions) {
	r.options = append(r.options, options)
}

// A run replays its history with the code it began on.
func TestEverySagaIsPinnedToTheVersionItBeganOn(t *testing.T) {
	r := &registered{}
	workflows.Register(r)
	require.NotEmpty(t, r.options)
	for _, saga := range r.options {
		assert.Equal(t, workflow.VersioningBehaviorPinned, saga.VersioningBehavior, saga.Name)
	}
}

// localTries is what the local activities of one task may take together; see workflows/saga.
const localTries = 2 * time.Second

func TestAStopGivesLocalTriesTheTimeTheyNeed(t *testing.T) {
	good := settings{StopTimeout: localTries, SweepInterval: time.Minute, Concurrency: 1}
	require.NoError(t, good.Validate())
	assert.Equal(t, localTries, good.options().WorkerStopTimeout)
	short := good
	short.StopTimeout = localTries - time.Millisecond
	assert.ErrorContains(t, short.Validate(), "WORKER_STOP_TIMEOUT")
}
