// Command worker runs the sagas: it polls a Temporal task queue, and runs workflows and activities.
// Any number of workers may run.
package main

import (
	"context"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/ordersaga/ordersaga/activities"
	"github.com/ordersaga/ordersaga/activities/sweep"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/lifecycle"
	"github.com/ordersaga/ordersaga/platform/program"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/temporalclient"
	"github.com/ordersaga/ordersaga/workflows"
)

func main() {
	program.Main(program.Program[settings]{
		Name: "worker", Run: run, Checks: settings.checks,
		Reads: slices.Concat(rpc.DialSettings(), temporalclient.Settings()),
	})
}

func run(ctx context.Context, cfg settings) error {
	tokens := auth.ServiceTokens(ctx, cfg.Client)
	orders, err := rpc.Dial(cfg.OrdersAddr, tokens)
	if err != nil {
		return err
	}
	defer orders.Close()
	inventory, err := rpc.Dial(cfg.InventoryAddr, tokens)
	if err != nil {
		return err
	}
	defer inventory.Close()
	payments, err := rpc.Dial(cfg.PaymentsAddr, tokens)
	if err != nil {
		return err
	}
	defer payments.Close()

	temporal, err := temporalclient.Dial(ctx, sagas.DataConverter())
	if err != nil {
		return err
	}
	defer temporal.Close()

	w := worker.New(temporal, cfg.TaskQueue, cfg.options())
	workflows.Register(w)
	ordersClient := ordersv1.NewOrdersServiceClient(orders)
	activities.Register(w, ordersClient, inventoryv1.NewInventoryServiceClient(inventory), paymentsv1.NewPaymentsServiceClient(payments), activities.NewLocalTries(cfg.LocalPayments))
	w.RegisterActivity(&sweep.Activities{Client: ordersClient, Temporal: temporal, TaskQueue: cfg.TaskQueue})

	ready := map[string]func(context.Context) error{
		"temporal":          temporalclient.Ready(temporal),
		"search attributes": searchAttributes(temporal),
	}
	return lifecycle.Run(ctx,
		lifecycle.HTTP("admin", telemetry.AdminServer(cfg.AdminAddress(), cfg.Profiles, ready), "PORT"),
		lifecycle.Component{Name: "sweep", Run: scheduled(temporal, cfg)},
		lifecycle.Component{Name: "worker", Run: polling(w), Drain: cfg.StopTimeout + 10*time.Second},
	)
}

// polling runs the worker until ctx ends; then it takes no new tasks and finishes those it has.
func polling(w worker.Worker) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := w.Start(); err != nil {
			return err
		}
		<-ctx.Done()
		w.Stop()
		return nil
	}
}

// searchAttributes checks that the namespace has the search attributes of sagas: without one of
// them a workflow task fails.
func searchAttributes(c client.Client) func(context.Context) error {
	return func(ctx context.Context) error {
		return temporalclient.HasSearchAttributes(ctx, c, sagas.SearchAttributes()...)
	}
}
