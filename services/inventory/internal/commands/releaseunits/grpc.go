package releaseunits

import (
	"context"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/contracts/undo"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/step"
)

// Method serves InventoryService.ReleaseUnits.
type Method struct {
	handler cqrs.Handler[Command, Result]
}

// NewMethod makes the method.
func NewMethod(db *postgres.DB, orders undo.Orders) Method { return Method{New(db, orders)} }

// ReleaseUnits is the method of InventoryService.
func (m Method) ReleaseUnits(ctx context.Context, request *inventoryv1.ReleaseUnitsRequest) (*inventoryv1.ReleaseUnitsResponse, error) {
	ctx, units, err := step.OfUnits(ctx, request)
	if err != nil {
		return nil, err
	}
	result, err := m.handler.Handle(ctx, Command{Units: units, Saga: request.GetReservedBy(), WriteOff: request.GetWriteOff()})
	if err != nil {
		return nil, err
	}
	response := &inventoryv1.ReleaseUnitsResponse{}
	if !result.FreedAt.IsZero() {
		response.Facts = []*commonv1.Fact{step.Released(result.FreedAt)}
	}
	return response, nil
}
