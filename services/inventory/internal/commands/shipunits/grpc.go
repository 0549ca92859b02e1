package shipunits

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/step"
)

// Method serves InventoryService.ShipUnits.
type Method struct {
	handler cqrs.Handler[step.Units, Result]
}

// NewMethod makes the method.
func NewMethod(db *postgres.DB) Method { return Method{New(db)} }

// ShipUnits is the method of InventoryService.
func (m Method) ShipUnits(ctx context.Context, request *inventoryv1.ShipUnitsRequest) (*inventoryv1.ShipUnitsResponse, error) {
	ctx, units, err := step.OfUnits(ctx, request)
	if err != nil {
		return nil, err
	}
	result, err := m.handler.Handle(ctx, units)
	if err != nil {
		return nil, err
	}
	return &inventoryv1.ShipUnitsResponse{ShippedAt: timestamppb.New(result.ShippedAt)}, nil
}
