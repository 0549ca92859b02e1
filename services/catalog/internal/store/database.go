package store

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/outbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/catalog/migrations"
)

// Migrate brings the catalog's own tables and those of its building blocks up to date.
func Migrate(ctx context.Context, db *postgres.DB) error {
	if err := postgres.MigrateNamed(ctx, db, "outbox", outbox.Migrations); err != nil {
		return err
	}
	return postgres.Migrate(ctx, db, migrations.Files)
}
