package refund

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/facts"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
	"github.com/ordersaga/ordersaga/services/payments/internal/step"
	"github.com/ordersaga/ordersaga/services/payments/internal/view"
)

// Method serves PaymentsService.Refund.
type Method struct {
	handler cqrs.Handler[Command, Result]
}

// NewMethod makes the method.
func NewMethod(j *journal.Journal) Method { return Method{New(j)} }

// Refund is the method of PaymentsService.
func (m Method) Refund(ctx context.Context, request *paymentsv1.RefundRequest) (*paymentsv1.RefundResponse, error) {
	ctx, key, err := step.Of(ctx, request.GetStep())
	if err != nil {
		return nil, err
	}
	if request.GetAmount().GetAmount() < 0 {
		return nil, status.Errorf(codes.InvalidArgument, "an amount of %d cannot be refunded", request.GetAmount().GetAmount())
	}
	done, err := m.handler.Handle(ctx, Command{Step: key, Request: domain.RefundRequest{
		Money:    domain.Money{Amount: request.GetAmount().GetAmount(), Currency: request.GetAmount().GetCurrency()},
		Shipment: request.GetShipment(), KeptFee: request.GetKeptFee(),
	}})
	if err != nil {
		return nil, err
	}
	response := &paymentsv1.RefundResponse{Facts: facts.Refunded(done, done.Refunds(key))}
	for _, op := range done.Refunds(key) {
		response.Refunds = append(response.Refunds, view.Refund(op))
	}
	return response, nil
}
