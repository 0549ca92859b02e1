package voidauthorization

import (
	"context"
	"log/slog"
	"strings"

	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/services/payments/internal/facts"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/view"
)

// Method serves PaymentsService.VoidAuthorization.
type Method struct {
	handler cqrs.Handler[Command, Result]
}

// NewMethod makes the method.
func NewMethod(j *journal.Journal) Method { return Method{New(j)} }

// VoidAuthorization is the method of PaymentsService.
func (m Method) VoidAuthorization(ctx context.Context, request *paymentsv1.VoidAuthorizationRequest) (*paymentsv1.VoidAuthorizationResponse, error) {
	order, authorization := strings.ToLower(request.GetOrderId()), strings.ToLower(request.GetAuthorizationId())
	ctx = telemetry.With(ctx, slog.String("order_id", order), slog.String("authorization_id", authorization))
	done, err := m.handler.Handle(ctx, Command{OrderID: order, Authorization: authorization})
	if err != nil {
		return nil, err
	}
	op := done.ByID(authorization)
	return &paymentsv1.VoidAuthorizationResponse{Authorization: view.Authorization(done, op), Facts: facts.Closed(done, op)}, nil
}
