package auditproducts

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
)

// Page of products, in the bytewise order of their SKUs.
type Page struct {
	Products []AuditProduct `json:"products" nullable:"false" doc:"every SKU that has a row or a document"`
	Next     rest.Cursor    `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// AuditProduct as it was compared.
type AuditProduct struct {
	SKU     string `json:"sku"`
	Problem string `json:"problem,omitempty" doc:"How the document is not as the row says."`
	// Stock is inventory's part of the document; only inventory knows whether it is right.
	Stock *AuditProductStock `json:"stock,omitempty" doc:"what shoppers are shown of inventory's stock"`
}

// AuditProductStock as the document has it.
type AuditProductStock struct {
	Available int64 `json:"available" doc:"units"`
	Version   int64 `json:"version" doc:"of the SKU's stock at inventory"`
}

// Route serves GET /v1/audit/products.
func Route(api *rest.API, db *postgres.DB, products *readside.Products) {
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/audit/products", ID: "audit-products",
		Summary: "Audit the products", Tags: []string{"audit"}, Scope: auth.ScopeOperator,
		Description: "Compares the documents that lists and details are read from with the products themselves, page by page. Documents follow changes within moments: a product that was just created differs until then.",
	}, New(db, products).Handle)
}
