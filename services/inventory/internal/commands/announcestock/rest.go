package announcestock

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
)

// Announced says how many levels were told of.
type Announced struct {
	Announced int         `json:"announced"`
	Next      rest.Cursor `json:"next_cursor,omitempty" doc:"Goes on with the next levels; absent when there are none."`
}

// Route serves POST /v1/stock/announcements.
func Route(api *rest.API, db *postgres.DB) {
	rest.Serve(api, rest.Op{
		Method: http.MethodPost, Path: "/v1/stock/announcements", ID: "announce-stock",
		Summary: "Announce stock levels again",
		Description: "Publishes stock-changed of up to 1,000 SKUs as they are now, in the order of their SKUs: for readers that begin anew. " +
			"Versions stay, so others pass it over. Ask again with the cursor until there is none; it may be repeated, and begun again at any time.",
		Tags: []string{"stock"}, Scope: auth.ScopeOperator,
	}, New(db).Handle)
}
