package productsearch

import (
	"context"
	"fmt"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/unavailable"
)

// KeepStock lets a consumer of inventory's events also keep what is available of each SKU in the
// database, where the index is fed from. Levels have versions: they may come twice and in any
// order.
func KeepStock(db *postgres.DB, consumer broker.Consumer) broker.Consumer {
	handle, ready, away := consumer.HandleBatch, consumer.Ready, consumer.Unavailable
	consumer.HandleBatch = func(ctx context.Context, batch []cloudevents.Event) error {
		if err := keep(ctx, db, batch); err != nil {
			return err
		}
		return handle(ctx, batch)
	}
	consumer.Ready = func(ctx context.Context) error {
		if err := db.Ready(ctx); err != nil {
			return err
		}
		return ready(ctx)
	}
	consumer.Unavailable = func(err error) bool { return away(err) || unavailable.Is(err) }
	return consumer
}

func keep(ctx context.Context, db *postgres.DB, batch []cloudevents.Event) error {
	newest := map[string]events.StockLevel{}
	for _, event := range batch {
		if event.Type() != events.StockChangedV1 {
			continue
		}
		var changed events.StockChanged
		if err := event.DataAs(&changed); err != nil {
			return broker.Poison(fmt.Errorf("%s %s: %w", event.Type(), event.ID(), err))
		}
		for _, level := range changed.Levels {
			if level.Version > newest[level.SKU].Version {
				newest[level.SKU] = level
			}
		}
	}
	if len(newest) == 0 {
		return nil
	}
	skus, available, versions := []string{}, []int64{}, []int64{}
	for sku, level := range newest {
		skus, available, versions = append(skus, sku), append(available, level.Available), append(versions, level.Version)
	}
	// In the order of the SKUs, as products are written: two of these cannot deadlock. Only a change
	// of what is available changes the index, but the version has to move in any case.
	_, err := db.SQL.ExecContext(ctx, `
		INSERT INTO availability (sku, available, version)
		SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS told (sku, available, version) ORDER BY sku COLLATE "C"
		ON CONFLICT (sku) DO UPDATE SET available = excluded.available, version = excluded.version
		WHERE availability.version < excluded.version`, skus, available, versions)
	if err != nil {
		return fmt.Errorf("keep the stock of %d SKUs: %w", len(skus), err)
	}
	return nil
}
