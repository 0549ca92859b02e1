package allocate

import (
	"context"

	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/step"
)

// Method serves InventoryService.Allocate.
type Method struct {
	handler cqrs.Handler[Command, Result]
}

// NewMethod makes the method.
func NewMethod(db *postgres.DB) Method { return Method{New(db)} }

// Allocate is the method of InventoryService.
func (m Method) Allocate(ctx context.Context, request *inventoryv1.AllocateRequest) (*inventoryv1.AllocateResponse, error) {
	ctx, key := step.Of(ctx, request.GetStep())
	if _, err := m.handler.Handle(ctx, Command{Step: key}); err != nil {
		return nil, err
	}
	return &inventoryv1.AllocateResponse{}, nil
}
