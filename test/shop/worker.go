package shop

import (
	"testing"

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
