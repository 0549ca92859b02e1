package shop

import (
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"google.golang.org/grpc"

	"github.com/ordersaga/ordersaga/activities"
	"github.com/ordersaga/ordersaga/contracts/programs"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/workflows"
)

// WorkInTest runs a worker of the shop in the test, which can change what it does by the options'
// interceptors. It is stopped with the test, or before by stop.
func (s *Shop) WorkInTest(t testing.TB, options worker.Options, localPayments bool) (stop func()) {
	t.Helper()
	tokens := auth.ServiceTokens(t.Context(), testkit.Client(t, programs.Worker))
	dial := func(service string) *grpc.ClientConn {
		conn, err := rpc.Dial(s.GRPC(service), tokens)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	w := worker.New(s.Temporal(), s.TaskQueue, options)
	workflows.Register(w)
	activities.Register(w, ordersv1.NewOrdersServiceClient(dial(Orders)), inventoryv1.NewInventoryServiceClient(dial(Inventory)),
		paymentsv1.NewPaymentsServiceClient(dial(Payments)), activities.NewLocalTries(localPayments))
	if err := w.Start(); err != nil {
		t.Fatalf("start a worker in the test: %v", err)
	}
	t.Cleanup(w.Stop)
	return w.Stop
}

// MakeCurrent makes a build of a worker deployment current when it polls, and waits until every part
// of the task queues knows: until then some give new runs to the build before.
func (s *Shop) MakeCurrent(t testing.TB, deployment, build string) {
	t.Helper()
	temporal := s.Temporal()
	testkit.Eventually(t, "build "+build+" to be current", func() bool {
		_, err := temporal.WorkerDeploymentClient().GetHandle(deployment).SetCurrentVersion(t.Context(), client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build})
		return err == nil
	})
	testkit.Eventually(t, "all task queues to know that build "+build+" is current", func() bool {
		described, err := temporal.WorkflowService().DescribeWorkerDeployment(t.Context(), &workflowservice.DescribeWorkerDeploymentRequest{
			Namespace: s.Namespace, DeploymentName: deployment,
		})
		info := described.GetWorkerDeploymentInfo()
		return err == nil && info.GetRoutingConfig().GetCurrentDeploymentVersion().GetBuildId() == build &&
			info.GetRoutingConfigUpdateState() != enumspb.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS
	})
}
