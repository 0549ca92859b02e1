// Package store keeps stock in PostgreSQL: entities through GORM, and as plain SQL whatever changes
// several rows or is run for every order.
//
// Locks are taken in one order everywhere: a barrier row, then reservations, then stock items by
// SKU. A transaction that follows it never waits for one that waits for it.
package store

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/barrier"
	"github.com/ordersaga/ordersaga/platform/inbox"
	"github.com/ordersaga/ordersaga/platform/outbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/inventory/migrations"
)

// Migrate brings inventory's own tables and those of its building blocks up to date.
func Migrate(ctx context.Context, db *postgres.DB) error {
	if err := postgres.MigrateNamed(ctx, db, "barrier", barrier.Migrations); err != nil {
		return err
	}
	if err := postgres.MigrateNamed(ctx, db, "outbox", outbox.Migrations); err != nil {
		return err
	}
	if err := postgres.MigrateNamed(ctx, db, "inbox", inbox.Migrations); err != nil {
		return err
	}
	return postgres.Migrate(ctx, db, migrations.Files)
}
