// Package listmovements lists the journal of a SKU: the movements that led to its level.
package listmovements

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// Query asks for a page of a SKU's journal.
type Query struct {
	SKU    string      `path:"sku" maxLength:"64" doc:"The SKU." example:"mug-blue"`
	Limit  int         `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Result is the page, the newest first; empty for an unknown SKU.
type Result struct {
	Movements []store.Movement
	Next      rest.Cursor // empty on the last page
}

// position is the last movement of a page.
type position struct {
	ID int64 `json:"id"`
}

// New makes the use case.
func New(db *postgres.DB) cqrs.Handler[Query, Result] {
	return cqrs.Query("list_movements", func(ctx context.Context, query Query) (Result, error) {
		if !domain.IsSKU(query.SKU) {
			return Result{}, nil
		}
		// A cursor is valid for its SKU only.
		movements, next, err := rest.Page(ctx, "stock-movements/"+query.SKU, query.Cursor, query.Limit,
			func(below position, limit int) ([]store.Movement, error) {
				return store.Movements(ctx, db, query.SKU, below.ID, limit)
			},
			func(movement store.Movement) position { return position{ID: movement.ID} })
		return Result{Movements: movements, Next: next}, err
	})
}
