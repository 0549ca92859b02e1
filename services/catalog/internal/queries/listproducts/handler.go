// Package listproducts shows the catalog in pages, from the read side.
package listproducts

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
)

// Query asks for a page of products.
type Query struct {
	Limit  int         `query:"limit" minimum:"1" maximum:"200" default:"20" doc:"Products on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Result is the page, the product that was created last first.
type Result struct {
	Products []readside.Product
	Next     rest.Cursor // empty on the last page
	readmodel.Lag
}

// position is where the next page begins.
type position struct {
	Before int64 `json:"before"`
}

const list = "products"

// New makes the use case.
func New(products *readside.Products, feed *readside.Feed) cqrs.Handler[Query, Result] {
	return cqrs.Query("list_products", func(ctx context.Context, query Query) (Result, error) {
		at, err := rest.ReadCursor[position](ctx, list, query.Cursor)
		if err != nil {
			return Result{}, err
		}
		// How far it is behind is read first: what is projected meanwhile makes the answer better
		// than it says, never worse.
		lag, err := feed.Lag(ctx)
		if err != nil {
			return Result{}, err
		}
		found, next, err := products.Page(ctx, at.Before, query.Limit)
		if err != nil {
			return Result{}, err
		}
		result := Result{Products: found, Lag: lag}
		if next > 0 {
			result.Next = rest.NewCursor(ctx, list, position{next})
		}
		return result, nil
	})
}
