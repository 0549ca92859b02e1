package release

import (
	"context"

	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/step"
)

// Releaser is InventoryService's Release.
type Releaser struct {
	handler cqrs.Handler[Request, Done]
}

// New makes the method; announced is called when there is an event to relay.
func New(db *postgres.DB, announced func()) Releaser {
	return Releaser{handler: NewHandler(db, announced)}
}

// Release frees what the order has reserved.
func (r Releaser) Release(ctx context.Context, in *inventoryv1.ReleaseRequest) (*inventoryv1.ReleaseResponse, error) {
	ctx, key := step.Of(ctx, in.GetStep())
	if _, err := r.handler.Handle(ctx, Request{Undo: key}); err != nil {
		return nil, err
	}
	return &inventoryv1.ReleaseResponse{}, nil
}
