// Package getstock answers how much of a SKU there is.
package getstock

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

type input struct {
	SKU string `path:"sku" maxLength:"64" doc:"The SKU." example:"mug-blue"`
}

// Stock of one SKU, in units.
type Stock struct {
	SKU       string `json:"sku" doc:"the SKU"`
	Name      string `json:"name,omitempty" doc:"the catalog's name, absent until the catalog has told it"`
	OnHand    int64  `json:"on_hand" doc:"units in the house: received - shipped + returned"`
	Reserved  int64  `json:"reserved" doc:"units of on_hand that orders hold or were allocated"`
	Available int64  `json:"available" doc:"units that can be ordered: on_hand - reserved"`
	Version   int64  `json:"version" doc:"one higher with every change"`
}

type output struct {
	ETag string `header:"ETag" doc:"the version"`
	Body Stock
}

// Found is the stock, or nil for a SKU that has none.
type Found struct{ Stock *Stock }

// NewHandler makes the use case.
func NewHandler(db *postgres.DB) cqrs.Handler[string, Found] {
	return cqrs.Query("get_stock", cqrs.HandlerFunc[string, Found](func(ctx context.Context, sku string) (Found, error) {
		item, found, err := store.FindStock(ctx, db, sku)
		if err != nil || !found {
			return Found{}, err
		}
		return Found{Stock: stockOf(item)}, nil
	}))
}

// Route serves GET /v1/stock/{sku}.
func Route(api *rest.API, db *postgres.DB) {
	handler := NewHandler(db)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/stock/{sku}", ID: "get-stock",
		Summary: "Get the stock of a SKU", Tags: []string{"stock"}, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *input) (*output, error) {
		if !domain.IsSKU(in.SKU) {
			return nil, notFound(in.SKU)
		}
		found, err := handler.Handle(ctx, in.SKU)
		switch {
		case err != nil:
			return nil, err
		case found.Stock == nil:
			return nil, notFound(in.SKU)
		}
		return &output{ETag: rest.ETag(found.Stock.Version), Body: *found.Stock}, nil
	})
}

func notFound(sku string) error {
	return rest.NewProblem(http.StatusNotFound, "unknown-sku", "There is no stock item "+sku+".")
}

func stockOf(item store.StockItem) *Stock {
	return &Stock{
		SKU: item.SKU, Name: item.Name, OnHand: item.OnHand, Reserved: item.Reserved,
		Available: item.OnHand - item.Reserved, Version: item.Version,
	}
}
