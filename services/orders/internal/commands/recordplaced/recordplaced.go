// Package recordplaced is the saga's first step: the order's stream is opened.
package recordplaced

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

type (
	request  = *ordersv1.RecordPlacedRequest
	response = *ordersv1.RecordPlacedResponse
)

// Recorder serves OrdersService.RecordPlaced.
type Recorder struct {
	handler cqrs.Handler[request, response]
}

// New makes the use case.
func New(orders *store.Orders) Recorder {
	return Recorder{cqrs.Command("record_placed", cqrs.HandlerFunc[request, response](
		func(ctx context.Context, req request) (response, error) {
			err := orders.Update(ctx, req.GetOrderId(), func(o *domain.Order) error {
				return o.Place(placement(req), req.GetPlacedAt().AsTime())
			})
			return &ordersv1.RecordPlacedResponse{}, invalid(err)
		}))}
}

// RecordPlaced is the method of OrdersService.
func (r Recorder) RecordPlaced(ctx context.Context, req request) (response, error) {
	return r.handler.Handle(ctx, req)
}

func placement(req request) domain.Placement {
	p := domain.Placement{
		CustomerID:  req.GetCustomerId(),
		RequestHash: req.GetRequestHash(),
		Total:       domain.Money{Amount: req.GetTotal().GetAmount(), Currency: req.GetTotal().GetCurrency()},
	}
	for _, line := range req.GetLines() {
		p.Lines = append(p.Lines, domain.Line{
			SKU: line.GetSku(), Name: line.GetName(), UnitPrice: line.GetUnitPrice(), Quantity: line.GetQuantity(),
		})
	}
	for _, adjustment := range req.GetAdjustments() {
		p.Adjustments = append(p.Adjustments, domain.Adjustment{Kind: adjustment.GetKind(), Amount: adjustment.GetAmount()})
	}
	return p
}

// invalid marks what can never be recorded as the caller's mistake.
func invalid(err error) error {
	for _, mistake := range []error{domain.ErrLines, domain.ErrLine, domain.ErrTotal, domain.ErrAmountTooLarge} {
		if errors.Is(err, mistake) {
			return status.Error(codes.InvalidArgument, err.Error())
		}
	}
	return err
}
