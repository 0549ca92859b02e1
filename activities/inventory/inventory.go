// Package inventory calls the inventory service for the sagas.
package inventory

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/ordersaga/ordersaga/activities"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// Activities are the steps that inventory does.
type Activities struct {
	Client inventoryv1.InventoryServiceClient
}

// ReserveStock holds all lines or none. Refused with refusals.OutOfStock.
func (a *Activities) ReserveStock(ctx context.Context, in sagas.ReserveStockInput) (*sagas.StockReserved, error) {
	lines := make([]*commonv1.Line, len(in.Lines))
	for i, line := range in.Lines {
		lines[i] = &commonv1.Line{Sku: line.SKU, Quantity: line.Quantity}
	}
	answer, err := a.Client.Reserve(ctx, &inventoryv1.ReserveRequest{
		Step: activities.Step(in.Step), Lines: lines, HoldFor: durationpb.New(in.HoldFor),
	})
	if err != nil {
		return nil, activities.Error(err)
	}
	return &sagas.StockReserved{At: time.Now().UTC(), ExpiresAt: answer.GetExpiresAt().AsTime()}, nil
}

// AllocateStock turns the hold into an allocation. Refused with
// refusals.HoldExpired.
func (a *Activities) AllocateStock(ctx context.Context, in sagas.StepInput) error {
	_, err := a.Client.Allocate(ctx, &inventoryv1.AllocateRequest{Step: activities.Step(in.Step)})
	return activities.Error(err)
}

// ReleaseStock undoes ReserveStock.
func (a *Activities) ReleaseStock(ctx context.Context, in sagas.StepInput) error {
	_, err := a.Client.Release(ctx, &inventoryv1.ReleaseRequest{Step: activities.Step(in.Step)})
	return activities.Error(err)
}
