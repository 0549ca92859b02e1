// Package auditproducts compares what shoppers are shown of the products with what the shop
// decided: the documents with the rows.
package auditproducts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// Query asks for a page of products.
type Query struct {
	Limit  int         `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Products on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// position is the last SKU of a page.
type position struct {
	SKU string `json:"sku"`
}

// New makes the use case.
func New(db *postgres.DB, products *readside.Products) cqrs.Handler[Query, Page] {
	return cqrs.Query("audit_products", (&handler{db: db, products: products}).Handle)
}

type handler struct {
	db       *postgres.DB
	products *readside.Products
}

// Handle compares a page: its rows with their documents, each read by its id.
func (h *handler) Handle(ctx context.Context, query Query) (Page, error) {
	rows, next, err := rest.Page(ctx, "audit-products", query.Cursor, query.Limit,
		func(after position, limit int) ([]domain.Snapshot, error) {
			return store.Page(ctx, h.db, after.SKU, limit)
		},
		func(row domain.Snapshot) position { return position{SKU: row.SKU} })
	if err != nil {
		return Page{}, err
	}
	stocks, err := store.Stocks(ctx, h.db, each.Map(rows, func(row domain.Snapshot) string { return row.SKU })...)
	if err != nil {
		return Page{}, err
	}
	compared := make([]AuditProduct, len(rows))
	for i, row := range rows {
		document, err := h.products.Stored(ctx, row.SKU)
		compared[i] = AuditProduct{SKU: row.SKU, Problem: difference(row, document), Stock: (*AuditProductStock)(stocks[row.SKU])}
		switch {
		case errors.Is(err, readside.ErrNotFound):
			compared[i].Problem = "shoppers do not see it: the document is missing"
		case err != nil:
			return Page{}, err
		}
	}
	return Page{Products: compared, Next: next}, nil
}

// difference names the first field that is not as the row says.
func difference(row domain.Snapshot, document readside.Product) string {
	for _, field := range []struct {
		name       string
		want, have any
	}{
		{"version", row.Version, document.Version},
		{"name", row.Name, document.Name},
		{"description", row.Description, document.Description},
		{"categories", strings.Join(row.CategoryPaths, " "), strings.Join(document.CategoryPaths, " ")},
		{"images", fmt.Sprint(row.Images), fmt.Sprint(document.Images)},
		{"price", row.Price, document.Price.Amount},
		{"currency", row.Currency, document.Price.Currency},
		{"active", row.Active, document.Active},
		// The document store keeps milliseconds, the table microseconds.
		{"the right created_at", true, row.CreatedAt.Sub(document.CreatedAt).Abs() <= time.Millisecond},
	} {
		if field.want != field.have {
			return fmt.Sprintf("shoppers see %s %.80s, the product has %.80s", field.name, fmt.Sprint(field.have), fmt.Sprint(field.want))
		}
	}
	return ""
}
