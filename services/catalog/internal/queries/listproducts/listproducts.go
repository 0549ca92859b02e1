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

// Query asks for at most Limit products behind a cursor.
type Query struct {
	Cursor rest.Cursor
	Limit  int // at least 1
}

// Page is the products in the bytewise order of their SKUs.
type Page struct {
	Products []readside.Product
	Next     rest.Cursor
}

// Handler answers pages.
type Handler = cqrs.Handler[Query, Page]

// New reads from products.
func New(products *readside.Products) Handler {
	return cqrs.Query("list_products", cqrs.HandlerFunc[Query, Page](func(ctx context.Context, query Query) (Page, error) {
		found, next, err := rest.Page(ctx, list, query.Cursor, query.Limit,
			func(after position, limit int) ([]readside.Product, error) {
				return products.Page(ctx, after.SKU, limit)
			},
			func(last readside.Product) position { return position{SKU: last.SKU} })
		return Page{Products: found, Next: next}, err
	}))
}

const list = "products"

// position is where a page ended.
type position struct {
	SKU string `json:"sku"`
}

type request struct {
	Limit  int         `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Products on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

type response struct {
	Body struct {
		Products []wire.Product `json:"products" nullable:"false" doc:"By SKU, bytewise."`
		Next     rest.Cursor    `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
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
		page, err := handler.Handle(ctx, Query{Cursor: in.Cursor, Limit: in.Limit})
		if err != nil {
			return nil, err
		}
		out := new(response)
		out.Body.Products = make([]wire.Product, len(page.Products))
		for i, p := range page.Products {
			out.Body.Products[i] = wire.Read(p)
		}
		out.Body.Next = page.Next
		return out, nil
	})
}
