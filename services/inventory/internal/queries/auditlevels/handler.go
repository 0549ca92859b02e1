// Package auditlevels lists the available units of each SKU with its version, for an auditor to
// compare with read models.
package auditlevels

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// Query asks for a page of levels.
type Query struct {
	Limit  int         `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Levels on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// position is the last SKU of a page.
type position struct {
	SKU string `json:"sku"`
}

// New makes the use case.
func New(db *postgres.DB) cqrs.Handler[Query, Page] {
	return cqrs.Query("audit_levels", func(ctx context.Context, query Query) (Page, error) {
		levels, next, err := rest.Page(ctx, "audit-levels", query.Cursor, query.Limit,
			func(after position, limit int) ([]store.Level, error) {
				return store.AuditLevels(ctx, db, after.SKU, limit)
			},
			func(level store.Level) position { return position{SKU: level.SKU} })
		return Page{each.Map(levels, func(l store.Level) AuditLevel { return AuditLevel(l) }), next}, err
	})
}
