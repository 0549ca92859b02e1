package operate_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// panicking is a mistake in the code of a saga: it panics where the stock is allocated.
type panicking struct {
	interceptor.WorkerInterceptorBase
}

func (*panicking) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &panickingInbound{interceptor.WorkflowInboundInterceptorBase{Next: next}}
}

type panickingInbound struct {
	interceptor.WorkflowInboundInterceptorBase
}

func (i *panickingInbound) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&panickingOutbound{interceptor.WorkflowOutboundInterceptorBase{Next: out}})
}

type panickingOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
}

func (o *panickingOutbound) ExecuteLocalActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if name == sagas.AllocateStock.Name {
		panic("the map of warehouses is nil")
	}
	return o.Next.ExecuteLocalActivity(ctx, name, args...)
}

func badBuild(versioning worker.DeploymentOptions) worker.Options {
	return worker.Options{Interceptors: []interceptor.WorkerInterceptor{&panicking{}}, DeploymentOptions: versioning}
}

// A build of the worker panics in a step. Operators see it, the mended build is deployed, and the
// order comes to its end.
func TestABuildThatPanicsIsRolledForward(t *testing.T) {
	t.Run("of an unversioned worker", func(t *testing.T) {
		t.Parallel() // the server waits longer from failure to failure
		s := shop.Open(t, shop.Options{})
		s.Stop(shop.Worker)
		stop := s.WorkInTest(t, badBuild(worker.DeploymentOptions{}), true)
		id := placesInVain(t, s)
		stop()
		s.Start(shop.Worker)
		settles(t, s, id)
	})
	t.Run("of a versioned worker", func(t *testing.T) {
		t.Parallel()
		const deployment = "shop/worker"
		s := shop.Open(t, shop.Options{Env: map[string][]string{
			shop.Worker: {"TEMPORAL_DEPLOYMENT_NAME=" + deployment, "TEMPORAL_WORKER_BUILD_ID=mended", "SWEEP_INTERVAL=1h"},
		}})
		temporal := s.Temporal()
		// With the payment as an activity of its own the panic is in a second task: the saga is pinned.
		stop := s.WorkInTest(t, badBuild(worker.DeploymentOptions{
			UseVersioning: true, Version: worker.WorkerDeploymentVersion{DeploymentName: deployment, BuildID: "bad"},
		}), false)
		s.MakeCurrent(t, deployment, "bad")
		id := placesInVain(t, s)
		printed, code := s.Run("why", id)
		require.Zero(t, code, printed)
		assert.Contains(t, printed, "workflow task of build bad fails again and again")

		s.MakeCurrent(t, deployment, "mended")
		stop() // a part of the task queue may not know yet, and give it the next run
		require.NoError(t, temporal.TerminateWorkflow(t.Context(), sagas.WorkflowID(id), "", "the build panics"))
		printed, code = s.Run("recover")
		require.Zero(t, code, printed)
		assert.Contains(t, printed, "1 had no run and were resumed")
		settles(t, s, id)
	})
}

// placesInVain has an order placed on a build that panics, and waits until operators are told.
func placesInVain(t *testing.T, s *shop.Shop) (id string) {
	t.Helper()
	s.Sells("tea", 2500, 10)
	answer := s.Customer("anna").Place("in vain", shop.Of("tea", 2, "card_approve"), "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, answer.Status, "%s", answer)
	id = answer.Field("id").(string)
	temporal := s.Temporal()
	// The server waits longer after each failure, and reports the fifth in a row.
	testkit.Eventually(t, "the workflow task to have failed three times", func() bool {
		described, err := temporal.DescribeWorkflowExecution(t.Context(), sagas.WorkflowID(id), "")
		return err == nil && described.GetPendingWorkflowTask().GetAttempt() > 3
	})
	testkit.Eventually(t, "operators to be told", func() bool { return stuckFor(s)["place-order/-/task_failing"] == 1 })
	printed, code := s.Run("why", id)
	require.Zero(t, code, printed)
	assert.Contains(t, printed, "a mistake in the worker's code")
	return id
}

// settles waits until an order is settled, in either way, and every service agrees.
func settles(t *testing.T, s *shop.Shop, id string) {
	t.Helper()
	testkit.Eventually(t, "the order to be settled", func() bool { return s.Order(id).Status != sagas.StatusPlaced })
	testkit.Eventually(t, "no cause to be left", func() bool { return len(stuckFor(s)) == 0 })
	printed, code := s.Run("verify")
	assert.Zero(t, code, printed)
}
