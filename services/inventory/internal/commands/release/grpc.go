package release

import (
	"context"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/contracts/undo"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/step"
)

// Method serves InventoryService.Release.
type Method struct {
	handler cqrs.Handler[Command, Result]
}

// NewMethod makes the method.
func NewMethod(db *postgres.DB, orders undo.Orders) Method { return Method{New(db, orders)} }

// Release is the method of InventoryService. It returns what was reserved and released as facts.
func (m Method) Release(ctx context.Context, request *inventoryv1.ReleaseRequest) (*inventoryv1.ReleaseResponse, error) {
	ctx, key := step.Of(ctx, request.GetStep())
	result, err := m.handler.Handle(ctx, Command{Undo: key})
	if err != nil {
		return nil, err
	}
	var facts []*commonv1.Fact
	if result.Reserved {
		facts = append(facts, step.Reserved(result.ReservedAt, result.ExpiresAt))
	}
	if !result.FreedAt.IsZero() {
		facts = append(facts, step.Released(result.FreedAt))
	}
	return &inventoryv1.ReleaseResponse{Facts: facts}, nil
}
