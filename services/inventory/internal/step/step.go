// Package step reads the step of a saga that a gRPC call is.
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

// Of is the barrier's key of a request's step, and a context whose log lines name the order. A UUID
// has two spellings, in upper and in lower case, but an order has one barrier, and so has an
// instance of a saga.
func Of(ctx context.Context, s *commonv1.Step) (context.Context, barrier.Step) {
	saga := s.GetSaga()
	key := barrier.Step{
		OrderID: strings.ToLower(saga.GetOrderId()), Saga: saga.GetKind(),
		Instance: strings.ToLower(saga.GetInstance()), Name: s.GetName(),
	}
	return telemetry.With(ctx, slog.String("order_id", key.OrderID), slog.String("step", key.Saga+"/"+key.Name)), key
}

// Reservation is the one of the step's saga: what reserves, allocates and releases are steps of one
// saga, and another saga of the order has its own.
func Reservation(s barrier.Step) domain.ReservationID {
	return domain.ReservationID{OrderID: s.OrderID, Saga: s.Saga, Instance: s.Instance}
}

// Saga is the one that a step belongs to.
func Saga(s barrier.Step) *commonv1.Saga {
	return &commonv1.Saga{OrderId: s.OrderID, Kind: s.Saga, Instance: s.Instance}
}
