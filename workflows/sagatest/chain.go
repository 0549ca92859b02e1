// Package sagatest runs sagas in Temporal's test environment through all their runs: a stuck saga
// continues as another workflow, which the environment does not run.
package sagatest

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// patience bounds a chain, because a saga that never ends is a mistake. It is a time and not a
// number of runs, because a saga may wait for real time.
const patience = 2 * time.Minute

// Execute runs a workflow and those that it continues as, each in a new environment made by
// prepare. It returns the last one's environment.
func Execute(t testing.TB, prepare func() *testsuite.TestWorkflowEnvironment, name string, input any) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < patience; {
		env := prepare()
		env.ExecuteWorkflow(name, input)
		require.True(t, env.IsWorkflowCompleted(), "%s must come to its end", name)
		var next *workflow.ContinueAsNewError
		if !errors.As(env.GetWorkflowError(), &next) {
			return env
		}
		name = next.WorkflowType.Name
		run := new(commonv1.SagaRun)
		require.NoError(t, sagas.DataConverter().FromPayloads(next.Input, run), "the input of %s", name)
		input = run
	}
	require.Fail(t, "the saga does not come to its end", "after %s, the last run as %s", patience, name)
	return nil
}
