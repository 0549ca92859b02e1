// Package listproducts shows the catalog in pages, from the read side.
package listproducts

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

// Query asks for a page of products.
type Query struct {
	Limit  int         `query:"limit" minimum:"1" maximum:"200" default:"20" doc:"Products on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// position is where the next page begins.
type position struct {
	Before int64 `json:"before"`
}

const list = "products"

// New makes the use case.
func New(products *readside.Products, feed *readside.Feed) cqrs.Handler[Query, Page] {
	return cqrs.Query("list_products", func(ctx context.Context, query Query) (Page, error) {
		at, err := rest.ReadCursor[position](ctx, list, query.Cursor)
		if err != nil {
			return Page{}, err
		}
		// How far it is behind is read first: what is projected meanwhile makes the answer better
		// than it says, never worse.
		lag, err := feed.Lag(ctx)
		if err != nil {
			return Page{}, err
		}
		found, next, err := products.Page(ctx, at.Before, query.Limit)
		if err != nil {
			return Page{}, err
		}
		page := Page{Products: each.Map(found, wire.Read), Lag: lag}
		if next > 0 {
			page.Next = rest.NewCursor(ctx, list, position{next})
		}
		return page, nil
	})
}
