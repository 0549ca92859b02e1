package release

import (
	"context"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/step"
)

// Releaser is InventoryService's Release.
type Releaser struct {
	handler cqrs.Handler[Request, Undone]
}

// New makes the method; announced is called when there is an event to relay.
func New(db *postgres.DB, announced func()) Releaser {
	return Releaser{handler: NewHandler(db, announced)}
}

// Release frees what the order has reserved, and tells what was reserved and freed.
func (r Releaser) Release(ctx context.Context, in *inventoryv1.ReleaseRequest) (*inventoryv1.ReleaseResponse, error) {
	ctx, key := step.Of(ctx, in.GetStep())
	undone, err := r.handler.Handle(ctx, Request{Undo: key})
	if err != nil {
		return nil, err
	}
	var facts []*commonv1.Fact
	if undone.Reserved {
		facts = append(facts, step.Reserved(undone.ReservedAt, undone.ExpiresAt))
	}
	if !undone.FreedAt.IsZero() {
		facts = append(facts, step.Released(undone.FreedAt))
	}
	return &inventoryv1.ReleaseResponse{Facts: facts}, nil
}
