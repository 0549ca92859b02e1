// Package auditproducts compares what shoppers are shown of the products with
// what the shop decided: the documents with the rows.
package auditproducts

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
)

type input struct {
	Limit  int         `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Products on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Page of products, in the bytewise order of their SKUs.
type Page struct {
	Products []Product   `json:"products" nullable:"false" doc:"every SKU that has a row or a document"`
	Next     rest.Cursor `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// Product as it was compared.
type Product struct {
	SKU     string `json:"sku"`
	Problem string `json:"problem,omitempty" doc:"How the document is not as the row says."`
	// Stock is inventory's part of the document; only inventory knows whether it
	// is right.
	Stock *Stock `json:"stock,omitempty" doc:"what shoppers are shown of inventory's stock"`
}

// Stock as the document has it.
type Stock struct {
	Available int64 `json:"available" doc:"units"`
	Version   int64 `json:"version" doc:"of the SKU's stock at inventory"`
}

type output struct{ Body Page }

// position is the last SKU of a page.
type position struct {
	SKU string `json:"sku"`
}

const list = "audit-products"

// Route serves GET /v1/audit/products.
func Route(api *rest.API, db *postgres.DB, products *readside.Products) {
	query := cqrs.Query("audit_products", &handler{db: db, products: products})
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/audit/products", ID: "audit-products",
		Summary: "Audit the products", Tags: []string{"audit"}, Scope: auth.ScopeOperator,
		Description: "Compares the documents that lists and details are read from with the products themselves, page by page. Documents follow changes within moments: a product that was just created differs until then.",
	}, func(ctx context.Context, in *input) (*output, error) {
		page, err := query.Handle(ctx, *in)
		if err != nil {
			return nil, err
		}
		return &output{Body: page}, nil
	})
}
