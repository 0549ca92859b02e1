// Package step reads the saga's step of a gRPC request.
package step

import (
	"context"
	"log/slog"
	"strings"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/platform/barrier"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
)

// Of returns the barrier's key of a request's step, and a context whose log lines name the order.
// UUIDs are converted to lower case, because upper case would be another key.
func Of(ctx context.Context, s *commonv1.Step) (context.Context, barrier.Step) {
	saga := s.GetSaga()
	key := barrier.Step{
		OrderID: strings.ToLower(saga.GetOrderId()), Saga: saga.GetKind(),
		Instance: strings.ToLower(saga.GetInstance()), Name: s.GetName(),
	}
	return telemetry.With(ctx, slog.String("order_id", key.OrderID), slog.String("step", key.Saga+"/"+key.Name)), key
}

// Reservation returns the id of the reservation of the step's saga: each saga of an order has its
// own.
func Reservation(s barrier.Step) domain.ReservationID {
	return domain.ReservationID{OrderID: s.OrderID, Saga: s.Saga, Instance: s.Instance}
}

// Saga returns the saga of a step.
func Saga(s barrier.Step) *commonv1.Saga {
	return &commonv1.Saga{OrderId: s.OrderID, Kind: s.Saga, Instance: s.Instance}
}
