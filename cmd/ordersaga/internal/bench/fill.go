package bench

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/contracts/programs"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/rpc"
)

const (
	// fillers add orders at once.
	fillers = 64
	holdFor = 15 * time.Minute
	// regular is the shopper of every other order.
	regular = "bench-regular"
)

// filler adds confirmed orders by the calls that a saga makes of the services, without REST and
// Temporal. It calls as the worker.
type filler struct {
	connections map[string]*grpc.ClientConn
	stop        context.CancelFunc
}

func openFiller(ctx context.Context, o Options) (*filler, error) {
	ctx, stop := context.WithCancel(ctx)
	f := &filler{connections: map[string]*grpc.ClientConn{}, stop: stop}
	tokens := auth.ServiceTokens(ctx, config.Client{
		Auth:     config.Auth{Issuer: o.Engines.OIDC.Issuer, Audience: "ordersaga", Environment: config.Development},
		ClientID: programs.Worker, ClientSecret: config.Secret(o.Stack.File.Clients[programs.Worker]),
	})
	for _, service := range programs.Of(programs.Worker).Calls {
		connection, err := rpc.Dial(o.Stack.Ports.Address(ports.GRPC(service)), tokens)
		if err != nil {
			f.close()
			return nil, err
		}
		f.connections[service] = connection
	}
	return f, nil
}

func (f *filler) close() {
	for _, connection := range f.connections {
		_ = connection.Close()
	}
	f.stop()
}

// add adds so many orders.
func (f *filler) add(ctx context.Context, count int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var added atomic.Int64
	var all sync.WaitGroup
	for range fillers {
		all.Go(func() {
			for n := added.Add(1); n <= int64(count) && ctx.Err() == nil; n = added.Add(1) {
				if err := f.order(ctx, int(n)); err != nil {
					cancel(fmt.Errorf("add an order: %w", err))
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// order goes the way of workflows/placeorder.
func (f *filler) order(ctx context.Context, n int) error {
	id := uuid.NewString()
	customer := regular
	if n%2 == 0 {
		customer = shopper(n % 1000)
	}
	saga, total := sagas.Placing(id), &commonv1.Money{Amount: price(n), Currency: currency}
	orders := ordersv1.NewOrdersServiceClient(f.connections[programs.Orders])
	inventory := inventoryv1.NewInventoryServiceClient(f.connections[programs.Inventory])
	payments := paymentsv1.NewPaymentsServiceClient(f.connections[programs.Payments])
	_, err := orders.RecordPlaced(ctx, &ordersv1.RecordPlacedRequest{Saga: saga, Placement: &ordersv1.Placement{
		OrderId: id, CustomerId: customer, RequestHash: strings.Repeat("0", 64), Total: total, PlacedAt: timestamppb.Now(),
		Lines: []*ordersv1.OrderLine{{Number: 1, Sku: sku(n), Name: name(n), UnitPrice: price(n), Quantity: 1}},
	}})
	if err != nil {
		return err
	}
	reserved, err := inventory.Reserve(ctx, &inventoryv1.ReserveRequest{
		Step: sagas.Step(saga, "reserve-stock"), HoldFor: durationpb.New(holdFor), Lines: []*commonv1.Line{{Number: 1, Sku: sku(n), Quantity: 1}},
	})
	if err != nil {
		return err
	}
	authorized, err := payments.Authorize(ctx, &paymentsv1.AuthorizeRequest{
		Step: sagas.Step(saga, "authorize-payment"), CustomerId: customer, Amount: total, PaymentMethod: "card_approve",
	})
	if err != nil {
		return err
	}
	if _, err = inventory.Allocate(ctx, &inventoryv1.AllocateRequest{Step: sagas.Step(saga, "allocate-stock")}); err != nil {
		return err
	}
	_, err = orders.RecordConfirmed(ctx, &ordersv1.RecordConfirmedRequest{Saga: saga, Facts: append(reserved.GetFacts(), authorized.GetFacts()...)})
	return err
}
