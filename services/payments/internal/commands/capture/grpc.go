package capture

import (
	"context"
	"strings"

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

// Method serves PaymentsService.Capture.
type Method struct {
	handler cqrs.Handler[Command, Result]
}

// NewMethod makes the method.
func NewMethod(j *journal.Journal) Method { return Method{New(j)} }

// Capture is the method of PaymentsService.
func (m Method) Capture(ctx context.Context, request *paymentsv1.CaptureRequest) (*paymentsv1.CaptureResponse, error) {
	ctx, key, err := step.Of(ctx, request.GetStep())
	if err != nil {
		return nil, err
	}
	if request.GetAmount().GetAmount() < 0 {
		return nil, status.Errorf(codes.InvalidArgument, "an amount of %d cannot be captured", request.GetAmount().GetAmount())
	}
	done, err := m.handler.Handle(ctx, Command{Step: key, Request: domain.CaptureRequest{
		Authorization: strings.ToLower(request.GetAuthorizationId()),
		Money:         domain.Money{Amount: request.GetAmount().GetAmount(), Currency: request.GetAmount().GetCurrency()},
		Shipment:      request.GetShipment(), Final: request.GetFinal(), Fee: request.GetFee(),
	}})
	if err != nil {
		return nil, err
	}
	op := done.Operation(key, domain.Capture)
	return &paymentsv1.CaptureResponse{Capture: view.Capture(done, op), Facts: facts.Captured(done, op)}, nil
}
