package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
)

// StockItem is the stock of one SKU, in units.
type StockItem struct {
	SKU      string `gorm:"primaryKey;column:sku"`
	Name     string // the catalog's name, empty until its event was handled
	OnHand   int64
	Reserved int64
	Received int64
	Shipped  int64
	Returned int64
	// WrittenOff left the stock and were not sold.
	WrittenOff int64
	Version    int64
}

// Movement is one line of the journal: one change of a level.
type Movement struct {
	ID        int64 `gorm:"primaryKey"`
	SKU       string
	Line      *int32 // of the order; nil for received goods
	Kind      string // receive, reserve, allocate, release, expire, ship, return, write_off
	Quantity  int64
	Reference string // the order's or the receipt's id
	At        time.Time
}

// FindStock reads one SKU's stock; found is false when there is none.
func FindStock(ctx context.Context, db *postgres.DB, sku string) (item StockItem, found bool, err error) {
	err = db.WithContext(ctx).Where("sku = ?", sku).Take(&item).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return StockItem{}, false, nil
	case err != nil:
		return StockItem{}, false, fmt.Errorf("read the stock of %s: %w", sku, err)
	}
	return item, true, nil
}

// Movements reads the journal of a SKU, the newest first, before an id (0: from the newest).
func Movements(ctx context.Context, db *postgres.DB, sku string, below int64, limit int) ([]Movement, error) {
	query := db.WithContext(ctx).Where("sku = ?", sku)
	if below > 0 {
		query = query.Where("id < ?", below)
	}
	var movements []Movement
	if err := query.Order("id DESC").Limit(limit).Find(&movements).Error; err != nil {
		return nil, fmt.Errorf("read the movements of %s: %w", sku, err)
	}
	return movements, nil
}

// LevelsAfter reads at most limit levels whose SKUs come after one, bytewise, and keeps others from
// changing them until the transaction ends.
func LevelsAfter(ctx context.Context, tx *postgres.Tx, after string, limit int) ([]domain.Level, error) {
	levels, err := selectLevels(ctx, tx, `
		SELECT sku, on_hand, reserved, version FROM stock_items WHERE sku > $1 COLLATE "C"
		ORDER BY sku COLLATE "C" LIMIT $2 FOR NO KEY UPDATE`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read %d levels after %q: %w", limit, after, err)
	}
	return levels, nil
}
