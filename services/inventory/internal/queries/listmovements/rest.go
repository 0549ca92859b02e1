package listmovements

import (
	"context"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// Movement is one line of the journal.
type Movement struct {
	Kind      string    `json:"kind" enum:"receive,reserve,allocate,release,expire,ship,return,write_off" doc:"what happened; allocate changes no level"`
	Quantity  int64     `json:"quantity" doc:"units"`
	Line      *int32    `json:"line,omitempty" doc:"the number of the order's line; absent for receive"`
	Reference string    `json:"reference" format:"uuid" doc:"the order, or for receive the receipt"`
	At        time.Time `json:"at" doc:"when, UTC"`
}

// Page of the journal, the newest first.
type Page struct {
	Movements []Movement  `json:"movements" nullable:"false" doc:"the newest first; none for a SKU that is not known"`
	Next      rest.Cursor `json:"next_cursor,omitempty" doc:"the cursor of the next page, absent on the last"`
}

// Route serves GET /v1/stock/{sku}/movements.
func Route(api *rest.API, db *postgres.DB) {
	handler := New(db)
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/stock/{sku}/movements", ID: "list-stock-movements",
		Summary: "List the movements of a SKU", Tags: []string{"stock"}, Scope: auth.ScopeOperator,
		Description: "What changed the stock of one SKU, the newest first, page by page.",
	}, func(ctx context.Context, query Query) (Page, error) {
		result, err := handler.Handle(ctx, query)
		return Page{each.Map(result.Movements, show), result.Next}, err
	})
}

func show(m store.Movement) Movement {
	return Movement{Kind: m.Kind, Quantity: m.Quantity, Line: m.Line, Reference: m.Reference, At: m.At.UTC()}
}
