package reserve

import (
	"context"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/step"
)

// Method serves InventoryService.Reserve.
type Method struct {
	handler cqrs.Handler[Command, Result]
}

// NewMethod makes the method.
func NewMethod(db *postgres.DB) Method { return Method{New(db)} }

// Reserve is the method of InventoryService.
func (m Method) Reserve(ctx context.Context, request *inventoryv1.ReserveRequest) (*inventoryv1.ReserveResponse, error) {
	ctx, key := step.Of(ctx, request.GetStep())
	lines := make([]domain.Line, len(request.GetLines()))
	for i, line := range request.GetLines() {
		lines[i] = domain.Line{Number: line.GetNumber(), SKU: line.GetSku(), Quantity: line.GetQuantity()}
	}
	hold, err := m.handler.Handle(ctx, Command{Step: key, Lines: lines, HoldFor: request.GetHoldFor().AsDuration()})
	if err != nil {
		return nil, err
	}
	return &inventoryv1.ReserveResponse{Facts: []*commonv1.Fact{step.Reserved(hold.ReservedAt, hold.ExpiresAt)}}, nil
}
