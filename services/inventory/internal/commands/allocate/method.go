package allocate

import (
	"context"

	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/step"
)

// Allocator is InventoryService's Allocate.
type Allocator struct {
	handler cqrs.Handler[Request, Done]
}

// New makes the method.
func New(db *postgres.DB) Allocator { return Allocator{handler: NewHandler(db)} }

// Allocate turns the order's hold into an allocation.
func (a Allocator) Allocate(ctx context.Context, in *inventoryv1.AllocateRequest) (*inventoryv1.AllocateResponse, error) {
	ctx, key := step.Of(ctx, in.GetStep())
	if _, err := a.handler.Handle(ctx, Request{Step: key}); err != nil {
		return nil, err
	}
	return &inventoryv1.AllocateResponse{}, nil
}
