// Package listmovements reads the journal of a SKU: why its level is what it is.
package listmovements

import (
	"context"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

type input struct {
	SKU    string      `path:"sku" maxLength:"64" doc:"The SKU." example:"mug-blue"`
	Limit  int         `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Movement is one line of the journal.
type Movement struct {
	Kind      string    `json:"kind" enum:"receive,reserve,allocate,release,expire,ship,return" doc:"what happened; allocate changes no level"`
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

type output struct{ Body Page }

// position is the last movement of a page.
type position struct {
	ID int64 `json:"id"`
}

// Route serves GET /v1/stock/{sku}/movements.
func Route(api *rest.API, db *postgres.DB) {
	handler := cqrs.Query("list_movements", cqrs.HandlerFunc[input, Page](func(ctx context.Context, in input) (Page, error) {
		return page(ctx, db, in)
	}))
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/stock/{sku}/movements", ID: "list-stock-movements",
		Summary: "List the movements of a SKU", Tags: []string{"stock"}, Scope: auth.ScopeOperator,
	}, func(ctx context.Context, in *input) (*output, error) {
		if !domain.IsSKU(in.SKU) {
			return &output{Body: Page{Movements: []Movement{}}}, nil
		}
		page, err := handler.Handle(ctx, *in)
		if err != nil {
			return nil, err
		}
		return &output{Body: page}, nil
	})
}

// list names what a cursor is good for.
func list(sku string) string { return "stock-movements/" + sku }

func page(ctx context.Context, db *postgres.DB, in input) (Page, error) {
	movements, next, err := rest.Page(ctx, list(in.SKU), in.Cursor, in.Limit,
		func(below position, limit int) ([]store.Movement, error) {
			return store.Movements(ctx, db, in.SKU, below.ID, limit)
		},
		func(movement store.Movement) position { return position{ID: movement.ID} })
	page := Page{Movements: make([]Movement, len(movements)), Next: next}
	for i, movement := range movements {
		page.Movements[i] = Movement{
			Kind: movement.Kind, Quantity: movement.Quantity, Line: movement.Line,
			Reference: movement.Reference, At: movement.At.UTC(),
		}
	}
	return page, err
}
