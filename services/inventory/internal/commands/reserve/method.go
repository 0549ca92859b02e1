package reserve

import (
	"context"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/step"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// Reserver is InventoryService's Reserve.
type Reserver struct {
	handler cqrs.Handler[Request, store.Hold]
}

// New makes the method; announced is called when there is an event to relay.
func New(db *postgres.DB, announced func()) Reserver {
	return Reserver{handler: NewHandler(db, announced)}
}

// Reserve holds all lines or none.
func (r Reserver) Reserve(ctx context.Context, in *inventoryv1.ReserveRequest) (*inventoryv1.ReserveResponse, error) {
	ctx, key := step.Of(ctx, in.GetStep())
	lines := make([]domain.Line, len(in.GetLines()))
	for i, line := range in.GetLines() {
		lines[i] = domain.Line{Number: line.GetNumber(), SKU: line.GetSku(), Quantity: line.GetQuantity()}
	}
	hold, err := r.handler.Handle(ctx, Request{Step: key, Lines: lines, HoldFor: in.GetHoldFor().AsDuration()})
	if err != nil {
		return nil, err
	}
	return &inventoryv1.ReserveResponse{Facts: []*commonv1.Fact{step.Reserved(hold.ReservedAt, hold.ExpiresAt)}}, nil
}
