// Package step reads the step of a saga that a gRPC call is.
package step

import (
	"context"
	"log/slog"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// Of is a request's step, and a context whose log lines name the order. A UUID has two spellings,
// in upper and in lower case, but an order has one journal. The error is INVALID_ARGUMENT.
func Of(ctx context.Context, s *commonv1.Step) (context.Context, domain.Step, error) {
	saga := s.GetSaga()
	step := domain.Step{
		OrderID: strings.ToLower(saga.GetOrderId()), Saga: saga.GetKind(),
		Instance: strings.ToLower(saga.GetInstance()), Name: s.GetName(),
	}
	if err := step.Validate(); err != nil {
		return ctx, step, status.Error(codes.InvalidArgument, err.Error())
	}
	return telemetry.With(ctx, slog.String("order_id", step.OrderID), slog.String("step", step.Saga+"/"+step.Name)), step, nil
}

// Saga is the one that a step belongs to.
func Saga(s domain.Step) *commonv1.Saga {
	return &commonv1.Saga{OrderId: s.OrderID, Kind: s.Saga, Instance: s.Instance}
}
