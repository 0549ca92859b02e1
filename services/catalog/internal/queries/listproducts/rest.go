package listproducts

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

// Page of products.
type Page struct {
	Products []wire.Product `json:"products" nullable:"false" doc:"The one that was created last first."`
	Next     rest.Cursor    `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
	readmodel.Lag
}

// Route serves GET /v1/products.
func Route(api *rest.API, products *readside.Products, feed *readside.Feed) {
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/products", ID: "list-products",
		Summary:     "List the products",
		Description: "All products in pages, the one that was created last first; other orders and filters are the search's. The list follows changes within moments and says how far it is behind.",
		Tags:        []string{"products"},
	}, New(products, feed).Handle)
}
