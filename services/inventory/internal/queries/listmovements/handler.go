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
	Cursor rest.Cursor `query:"cursor" doc:"next of the page before."`
}

// Movement is one line of the journal.
type Movement struct {
	Kind      string    `json:"kind" enum:"receive,reserve,allocate,release,expire,ship,return" doc:"what happened; allocate changes no level"`
	Quantity  int64     `json:"quantity" doc:"units"`
	Reference string    `json:"reference" format:"uuid" doc:"the order, or for receive the receipt"`
	At        time.Time `json:"at" doc:"when, UTC"`
}

// Page of the journal, the newest first.
type Page struct {
	Movements []Movement  `json:"movements" nullable:"false" doc:"the newest first; none for a SKU that is not known"`
	Next      rest.Cursor `json:"next,omitempty" doc:"the cursor of the next page, absent on the last"`
}

type output struct{ Body Page }

// position is the last movement of a page.
type position struct {
	ID int64 `json:"id"`
}

type request struct {
	sku   string
	below int64
	limit int
}

// Route serves GET /v1/stock/{sku}/movements.
func Route(api *rest.API, db *postgres.DB) {
	handler := cqrs.Query("list_movements", cqrs.HandlerFunc[request, Page](func(ctx context.Context, req request) (Page, error) {
		// One more than asked for tells whether there is a next page.
		movements, err := store.Movements(ctx, db, req.sku, req.below, req.limit+1)
		if err != nil {
			return Page{}, err
		}
		return pageOf(req, movements), nil
	}))
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/stock/{sku}/movements", ID: "list-stock-movements",
		Summary: "List the movements of a SKU", Tags: []string{"stock"}, Scope: auth.ScopeOperator,
	}, func(ctx context.Context, in *input) (*output, error) {
		if !domain.IsSKU(in.SKU) {
			return &output{Body: Page{Movements: []Movement{}}}, nil
		}
		req := request{sku: in.SKU, limit: in.Limit}
		if in.Cursor != "" {
			last, err := rest.ReadCursor[position](list(in.SKU), in.Cursor)
			if err != nil {
				return nil, err
			}
			req.below = last.ID
		}
		page, err := handler.Handle(ctx, req)
		if err != nil {
			return nil, err
		}
		return &output{Body: page}, nil
	})
}

// list names what a cursor is good for.
func list(sku string) string { return "stock-movements/" + sku }

func pageOf(req request, movements []store.Movement) Page {
	page := Page{Movements: []Movement{}}
	if len(movements) > req.limit {
		movements = movements[:req.limit]
		page.Next = rest.NewCursor(list(req.sku), position{ID: movements[len(movements)-1].ID})
	}
	for _, movement := range movements {
		page.Movements = append(page.Movements, Movement{
			Kind: movement.Kind, Quantity: movement.Quantity,
			Reference: movement.Reference, At: movement.At.UTC(),
		})
	}
	return page
}
