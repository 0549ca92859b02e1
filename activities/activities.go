// Package activities has the activities of sagas: each is one call of a service.
package activities

import (
	"context"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
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
	call(r, sagas.RecordDone, orders.RecordDone)
	call(r, sagas.RecordRefused, orders.RecordRefused)
	call(r, sagas.RecordResumed, orders.RecordResumed)
	call(r, sagas.RecordStuck, orders.RecordStuck)
	call(r, sagas.TakeActs, orders.TakeActs)

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
	call(r, sagas.SettlePayment, payments.Settle)
	call(r, sagas.GetPayment, payments.GetPayment)
}

// call makes an activity of a method of a service. A refusal becomes a typed error that is never
// retried; any other error is retried and says where and how the call failed.
func call[Request, Response any](
	r Registry, a sagas.Activity[Request, Response],
	method func(context.Context, *Request, ...grpc.CallOption) (*Response, error),
) {
	r.RegisterActivityWithOptions(func(ctx context.Context, in *Request) (*Response, error) {
		var header, trailer metadata.MD
		out, err := method(ctx, in, grpc.Header(&header), grpc.Trailer(&trailer))
		if refused, ok := refusal.As(err); ok {
			return nil, sagas.RefusalError(refused)
		}
		if err != nil {
			return nil, sagas.FailureError(&commonv1.Failure{
				Service: sagas.ServiceOf(in), Kind: kindOf(err, len(header)+len(trailer) > 0), TraceId: traceID(ctx),
			}, err)
		}
		return out, nil
	}, activity.RegisterOptions{Name: a.Name})
}

// kindOf returns the kind of a call's error. A service that is down and one that says that it
// cannot do its work have the same code: only the latter has answered.
func kindOf(err error, answered bool) string {
	switch status.Code(err) {
	case codes.DeadlineExceeded, codes.Canceled:
		return sagas.FailureTimeout
	case codes.Unavailable:
		if answered {
			return sagas.FailureUnavailable
		}
		return sagas.FailureUnreachable
	}
	return sagas.FailureInternal
}

func traceID(ctx context.Context) string {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		return span.TraceID().String()
	}
	return ""
}
