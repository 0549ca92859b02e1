// Package listproducts shows the catalog in pages, from the read side.
package listproducts

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

// Query asks for at most Limit products whose SKUs come after After.
type Query struct {
	After string // empty: from the start
	Limit int    // at least 1
}

// Page is the products in the bytewise order of their SKUs.
type Page struct {
	Products []readside.Product
	// More tells whether others come after the last one.
	More bool
}

// Handler answers pages.
type Handler = cqrs.Handler[Query, Page]

// New reads from products.
func New(products *readside.Products) Handler {
	return cqrs.Query("list_products", cqrs.HandlerFunc[Query, Page](func(ctx context.Context, query Query) (Page, error) {
		// One more than is shown tells whether there are more.
		found, err := products.Page(ctx, query.After, query.Limit+1)
		if err != nil {
			return Page{}, err
		}
		shown := min(len(found), query.Limit)
		return Page{Products: found[:shown], More: len(found) > shown}, nil
	}))
}

// cursorList names the list in its cursors.
const cursorList = "products"

// position is where a page ended.
type position struct {
	SKU string `json:"sku"`
}

type request struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Products on a page."`
	Cursor string `query:"cursor" maxLength:"300" doc:"next_cursor of the page before."`
}

type response struct {
	Body struct {
		Products   []wire.Product `json:"products" nullable:"false" doc:"By SKU, bytewise."`
		NextCursor string         `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
	}
}

// Route serves the query as GET /v1/products.
func Route(api *rest.API, handler Handler) {
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/products", ID: "list-products",
		Summary:     "List the products",
		Description: "All products by SKU, in pages. The list follows changes within moments.",
		Tags:        []string{"products"},
	}, func(ctx context.Context, in *request) (*response, error) {
		from, err := rest.ReadCursor[position](cursorList, rest.Cursor(in.Cursor))
		if err != nil {
			return nil, err
		}
		page, err := handler.Handle(ctx, Query{After: from.SKU, Limit: in.Limit})
		if err != nil {
			return nil, err
		}
		out := new(response)
		out.Body.Products = make([]wire.Product, len(page.Products))
		for i, p := range page.Products {
			out.Body.Products[i] = wire.Read(p)
		}
		if page.More {
			last := page.Products[len(page.Products)-1]
			out.Body.NextCursor = string(rest.NewCursor(cursorList, position{SKU: last.SKU}))
		}
		return out, nil
	})
}
