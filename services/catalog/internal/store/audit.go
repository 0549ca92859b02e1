package store

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

// Page reads at most limit products whose SKUs come after one, bytewise; after "" is from the
// start.
func Page(ctx context.Context, db *postgres.DB, after string, limit int) ([]domain.Snapshot, error) {
	var rows []product
	if err := db.WithContext(ctx).Where("sku > ?", after).Order("sku").Limit(limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read %d products after %q: %w", limit, after, err)
	}
	found := make([]domain.Snapshot, len(rows))
	for i, row := range rows {
		found[i] = row.toDomain().Snapshot()
	}
	return found, nil
}
