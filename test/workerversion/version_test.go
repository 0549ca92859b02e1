// Package workerversion_test runs workers with the environment that a controller of worker versions
// gives them, such as the Temporal Worker Controller on Kubernetes: TEMPORAL_DEPLOYMENT_NAME and
// TEMPORAL_WORKER_BUILD_ID.
package workerversion_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// deployment is a name as the Temporal Worker Controller gives it: namespace/name.
const deployment = "shop/worker"

func version(build string) worker.WorkerDeploymentVersion {
	return worker.WorkerDeploymentVersion{DeploymentName: deployment, BuildID: build}
}

func TestAVersionedWorkerTakesOrdersFromWhenItsVersionIsCurrent(t *testing.T) {
	s := shop.Open(t, shop.Options{Env: map[string][]string{
		shop.Worker: {"TEMPORAL_DEPLOYMENT_NAME=" + deployment, "TEMPORAL_WORKER_BUILD_ID=v1", "SWEEP_INTERVAL=1h"},
	}})
	s.Sells("tea", 100, 100)
	temporal := s.Temporal()
	anna := s.Customer("anna")
	handle := temporal.WorkerDeploymentClient().GetHandle(deployment)
	awaitPollers(t, handle, s.TaskQueue, "v1")

	first := place(t, anna, "first")
	t.Run("a gate runs on a version that has no orders yet", func(t *testing.T) {
		// As the controller starts it, with the input of deploy/kubernetes.
		run, err := temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			ID: "gate", TaskQueue: s.TaskQueue,
			VersioningOverride: &client.PinnedVersioningOverride{Version: version("v1")},
		}, sagas.SweepOrders, json.RawMessage(`{"older_than":60000000000}`))
		require.NoError(t, err)
		var swept sagas.SweepOrdersResult
		require.NoError(t, run.Get(t.Context(), &swept))
		// The order was there before the gate, whose workflow and activity are done: it waits for a
		// version, not for a worker.
		assert.EqualValues(t, 2, describe(t, temporal, first).GetHistoryLength(), "no version is current, and the order was begun")
	})

	s.MakeCurrent(t, deployment, "v1")
	t.Run("the order that waited is confirmed, pinned to the version", func(t *testing.T) {
		confirmed(t, s, first)
		assertPinned(t, temporal, first, "v1")
	})

	second := slow(t, anna, "second")
	testkit.Eventually(t, "the second order to have begun", func() bool { return pinnedTo(t, temporal, second) != "" })
	startWorker(t, s, "v2")
	awaitPollers(t, handle, s.TaskQueue, "v2")
	s.MakeCurrent(t, deployment, "v2")
	third := place(t, anna, "third")
	t.Run("an order ends on the version that it began on", func(t *testing.T) {
		confirmed(t, s, second)
		assertPinned(t, temporal, second, "v1")
	})
	t.Run("the next order begins on the next version", func(t *testing.T) {
		confirmed(t, s, third)
		assertPinned(t, temporal, third, "v2")
	})
	t.Run("the version before it is drained when its orders have ended", func(t *testing.T) {
		testkit.Eventually(t, "v1 to be no longer current", func() bool {
			described, err := handle.DescribeVersion(t.Context(), client.WorkerDeploymentDescribeVersionOptions{BuildID: "v1"})
			return err == nil && described.Info.CurrentSinceTime.IsZero() && described.Info.DrainageInfo != nil
		})
	})
}

func TestAWorkerIsUnversionedUnlessItIsToldItsVersion(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 100, 100)
	id := place(t, s.Customer("anna"), "first")
	confirmed(t, s, id)
	temporal := s.Temporal()
	assertPinned(t, temporal, id, "")
	deployments, err := temporal.WorkerDeploymentClient().List(t.Context(), client.WorkerDeploymentListOptions{})
	require.NoError(t, err)
	assert.False(t, deployments.HasNext(), "an unversioned worker has registered a deployment")
}

// place an order without waiting for what becomes of it.
func place(t *testing.T, who *shop.Person, key string) (id string) {
	t.Helper()
	return ask(t, who, key, "card_approve")
}

// slow is place with a payment that takes a second.
func slow(t *testing.T, who *shop.Person, key string) (id string) {
	t.Helper()
	return ask(t, who, key, "card_slow")
}

func ask(t *testing.T, who *shop.Person, key, card string) (id string) {
	t.Helper()
	answer := who.Place(key, shop.Of("tea", 1, card), "Prefer", "respond-async")
	require.Less(t, answer.Status, 300, "%s", answer) // it may be confirmed before the answer is written
	id, _ = answer.Field("id").(string)
	require.NotEmpty(t, id, "%s", answer)
	return id
}

func confirmed(t *testing.T, s *shop.Shop, id string) {
	t.Helper()
	testkit.Eventually(t, "order "+id+" to be confirmed", func() bool { return s.Order(id).Status == sagas.StatusConfirmed })
}

// awaitPollers waits until a version has registered its workflows and activities.
func awaitPollers(t *testing.T, handle client.WorkerDeploymentHandle, queue, build string) {
	t.Helper()
	testkit.Eventually(t, "a worker of version "+build+" to poll "+queue, func() bool {
		described, err := handle.DescribeVersion(t.Context(), client.WorkerDeploymentDescribeVersionOptions{BuildID: build})
		if err != nil {
			return false
		}
		polled := map[client.TaskQueueType]bool{}
		for _, info := range described.Info.TaskQueuesInfos {
			polled[info.Type] = polled[info.Type] || info.Name == queue
		}
		return polled[client.TaskQueueTypeWorkflow] && polled[client.TaskQueueTypeActivity]
	})
}

// assertPinned waits for the order's saga to have ended: an order is confirmed within a workflow
// task, and the saga is pinned when Temporal has taken that task's result.
func assertPinned(t *testing.T, temporal client.Client, id, build string) {
	t.Helper()
	require.NoError(t, temporal.GetWorkflow(t.Context(), sagas.WorkflowID(id), "").Get(t.Context(), nil))
	assert.Equal(t, build, pinnedTo(t, temporal, id))
}

// pinnedTo is the build that an order's saga is pinned to, empty for none.
func pinnedTo(t *testing.T, temporal client.Client, id string) string {
	t.Helper()
	info := describe(t, temporal, id).GetVersioningInfo()
	if info.GetBehavior() != enumspb.VERSIONING_BEHAVIOR_PINNED {
		return ""
	}
	assert.Equal(t, deployment, info.GetDeploymentVersion().GetDeploymentName())
	return info.GetDeploymentVersion().GetBuildId()
}

func describe(t *testing.T, temporal client.Client, id string) *workflowpb.WorkflowExecutionInfo {
	t.Helper()
	described, err := temporal.DescribeWorkflowExecution(t.Context(), sagas.WorkflowID(id), "")
	require.NoError(t, err)
	return described.GetWorkflowExecutionInfo()
}

// startWorker runs one more worker of the shop, of another version.
func startWorker(t *testing.T, s *shop.Shop, build string) {
	t.Helper()
	port := strconv.Itoa(testkit.FreePort(t))
	command := exec.Command(filepath.Join(os.Getenv("ORDERSAGA_BIN"), shop.Worker))
	command.Env = append(s.Environment(shop.Worker), "TEMPORAL_WORKER_BUILD_ID="+build, "PORT="+port)
	command.Stderr = os.Stderr
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		require.NoError(t, command.Process.Signal(syscall.SIGTERM))
		ended := make(chan error, 1)
		go func() { ended <- command.Wait() }()
		select {
		case err := <-ended:
			assert.NoError(t, err, "the worker of version %s did not stop in order", build)
		case <-time.After(time.Minute):
			_ = command.Process.Kill()
			t.Errorf("the worker of version %s did not stop within a minute", build)
		}
	})
	testkit.Eventually(t, "the worker of version "+build+" to be ready", func() bool {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://127.0.0.1:"+port+"/readyz", nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}
