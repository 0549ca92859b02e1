package listcategories

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

// Page is the whole tree.
type Page struct {
	Categories []wire.Category `json:"categories" nullable:"false" doc:"Each after the one that it is in."`
}

// Route serves GET /v1/categories.
func Route(api *rest.API, db *postgres.DB) {
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/categories", ID: "list-categories",
		Summary:     "List the categories",
		Description: "The whole tree, each category after the one that it is in: at most 5,000.",
		Tags:        []string{"categories"},
	}, New(db).Handle)
}
