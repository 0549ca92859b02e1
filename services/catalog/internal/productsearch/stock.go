package productsearch

import (
	"context"
	"fmt"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/postgres"
)

const (
	// maxBatch is how many events the consumer takes at once.
	maxBatch = 100
	// timeout of a batch.
	timeout = time.Minute
)

// KeepStock is the consumer that keeps what inventory tells of each SKU, in the database where it is
// read and from which the index is fed. Levels have versions: they may come twice and in any order,
// and there is no inbox. kept is called with the SKUs after their stock was kept, and again after it
// has failed.
func KeepStock(db *postgres.DB, kept func(ctx context.Context, skus ...string) error) broker.Consumer {
	return broker.Consumer{
		Name: events.CatalogReadSide.Name, Types: events.CatalogReadSide.Types,
		Prefetch: maxBatch, Timeout: timeout, Ready: db.Ready, Unavailable: postgres.Unavailable,
		HandleBatch: func(ctx context.Context, batch []cloudevents.Event) error {
			skus, err := keep(ctx, db, batch)
			if err != nil || len(skus) == 0 {
				return err
			}
			return kept(ctx, skus...)
		},
	}
}

func keep(ctx context.Context, db *postgres.DB, batch []cloudevents.Event) (skus []string, err error) {
	newest := map[string]events.StockLevel{}
	for _, event := range batch {
		if event.Type() != events.StockChangedV1 {
			return nil, broker.Poison(fmt.Errorf("%s %s: no stock", event.Type(), event.ID()))
		}
		var changed events.StockChanged
		if err := event.DataAs(&changed); err != nil {
			return nil, broker.Poison(fmt.Errorf("%s %s: %w", event.Type(), event.ID(), err))
		}
		for _, level := range changed.Levels {
			if level.SKU == "" || level.Version < 1 {
				return nil, broker.Poison(fmt.Errorf("%s: sku %.80q at version %d: both must be there, versions count from 1", event.ID(), level.SKU, level.Version))
			}
			if level.Version > newest[level.SKU].Version {
				newest[level.SKU] = level
			}
		}
	}
	if len(newest) == 0 {
		return nil, nil
	}
	var available, versions []int64
	for sku, level := range newest {
		skus, available, versions = append(skus, sku), append(available, level.Available), append(versions, level.Version)
	}
	// In the order of the SKUs, as products are written: two of these cannot deadlock.
	_, err = db.SQL.ExecContext(ctx, `
		INSERT INTO availability (sku, available, version)
		SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS told (sku, available, version) ORDER BY sku COLLATE "C"
		ON CONFLICT (sku) DO UPDATE SET available = excluded.available, version = excluded.version
		WHERE availability.version < excluded.version`, skus, available, versions)
	if err != nil {
		return nil, fmt.Errorf("keep the stock of %d SKUs: %w", len(skus), err)
	}
	return skus, nil
}
