package releaseunits

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/contracts/undo"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/step"
)

// Method serves InventoryService.ReleaseUnits.
type Method struct {
	handler cqrs.Handler[Command, Result]
}

// NewMethod makes the method; announced is called when there is an event to relay.
func NewMethod(db *postgres.DB, orders undo.Orders, announced func()) Method {
	return Method{New(db, orders, announced)}
}

// ReleaseUnits is the method of InventoryService.
func (m Method) ReleaseUnits(ctx context.Context, request *inventoryv1.ReleaseUnitsRequest) (*inventoryv1.ReleaseUnitsResponse, error) {
	if request.GetReservedBy().GetOrderId() != request.GetStep().GetSaga().GetOrderId() {
		return nil, status.Error(codes.InvalidArgument, "reserved_by.order_id: not the step's order")
	}
	ctx, key := step.Of(ctx, request.GetStep())
	command := Command{Step: key, ReservedBy: request.GetReservedBy(), Lines: make([]domain.Line, len(request.GetLines()))}
	for i, line := range request.GetLines() {
		command.Lines[i] = domain.Line{Number: line.GetNumber(), SKU: line.GetSku(), Quantity: line.GetQuantity()}
	}
	result, err := m.handler.Handle(ctx, command)
	if err != nil {
		return nil, err
	}
	response := &inventoryv1.ReleaseUnitsResponse{}
	if !result.FreedAt.IsZero() {
		response.Facts = []*commonv1.Fact{step.Released(result.FreedAt)}
	}
	return response, nil
}
