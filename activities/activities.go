// Package activities has the activities of sagas: each is one call of a service.
package activities

import (
	"context"

	"go.temporal.io/sdk/activity"
	"google.golang.org/grpc"

	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// Registry registers activities: a worker, or a test's environment.
type Registry interface {
	RegisterActivityWithOptions(function any, options activity.RegisterOptions)
}

// Register registers the activities of all sagas: one line per method of a service. local decides
// on the local tries of payments.
func Register(r Registry, orders ordersv1.OrdersServiceClient, inventory inventoryv1.InventoryServiceClient, payments paymentsv1.PaymentsServiceClient, local *LocalTries) {
	call(r, sagas.RecordPlaced, orders.RecordPlaced)
	call(r, sagas.RecordConfirmed, orders.RecordConfirmed)
	call(r, sagas.RecordTurnedBack, orders.RecordTurnedBack)
	call(r, sagas.RecordRejected, orders.RecordRejected)
	call(r, sagas.RecordCancelled, orders.RecordCancelled)
	call(r, sagas.RecordCancellation, orders.RecordCancellation)
	call(r, sagas.RecordResumed, orders.RecordResumed)
	call(r, sagas.RecordStuck, orders.RecordStuck)

	call(r, sagas.ReserveStock, inventory.Reserve)
	call(r, sagas.AllocateStock, inventory.Allocate)
	call(r, sagas.ReleaseUnits, inventory.ReleaseUnits)
	call(r, sagas.ShipUnits, inventory.ShipUnits)
	call(r, sagas.ReleaseStock, inventory.Release)

	call(r, sagas.AuthorizePayment, through(local, payments.Authorize))
	call(r, sagas.VoidPayment, payments.Void)
	call(r, sagas.CapturePayment, payments.Capture)
	call(r, sagas.RefundPayment, payments.Refund)
	call(r, sagas.VoidAuthorization, payments.VoidAuthorization)
	call(r, sagas.GetPayment, payments.GetPayment)
}

// call makes an activity of a method of a service. A refusal becomes a typed error that is never
// retried; any other error does not change and is retried.
func call[Request, Response any](
	r Registry, a sagas.Activity[Request, Response],
	method func(context.Context, *Request, ...grpc.CallOption) (*Response, error),
) {
	r.RegisterActivityWithOptions(func(ctx context.Context, in *Request) (*Response, error) {
		out, err := method(ctx, in)
		if refused, ok := refusal.As(err); ok {
			return nil, sagas.RefusalError(refused)
		}
		return out, err
	}, activity.RegisterOptions{Name: a.Name})
}
