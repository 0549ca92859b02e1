package step

import (
	"context"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/platform/barrier"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
)

// Units are units of lines of the reservation that another saga of the step's order made.
type Units struct {
	Step       barrier.Step
	ReservedBy domain.ReservationID
	Lines      []domain.Line
}

// Request has the fields of a request that is about such units.
type Request interface {
	GetStep() *commonv1.Step
	GetReservedBy() *commonv1.Saga
	GetLines() []*commonv1.Line
}

// OfUnits reads the units of a request. It returns a context whose log lines name the order, and
// fails with InvalidArgument when the reservation is of another order.
func OfUnits(ctx context.Context, request Request) (context.Context, Units, error) {
	ctx, key := Of(ctx, request.GetStep())
	by := request.GetReservedBy()
	units := Units{Step: key, ReservedBy: domain.ReservationID{
		OrderID: strings.ToLower(by.GetOrderId()), Saga: by.GetKind(), Instance: strings.ToLower(by.GetInstance()),
	}, Lines: make([]domain.Line, len(request.GetLines()))}
	if units.ReservedBy.OrderID != key.OrderID {
		return ctx, Units{}, status.Error(codes.InvalidArgument, "reserved_by.order_id: not the step's order")
	}
	for i, line := range request.GetLines() {
		units.Lines[i] = domain.Line{Number: line.GetNumber(), SKU: line.GetSku(), Quantity: line.GetQuantity()}
	}
	return ctx, units, nil
}

// Fingerprint is the barrier's fingerprint of the request.
func (u Units) Fingerprint() string {
	return barrier.Fingerprint(u.ReservedBy.Saga, u.ReservedBy.Instance, u.Lines)
}
