package getstock

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// Stock of one SKU, in units.
type Stock struct {
	SKU       string `json:"sku" doc:"the SKU"`
	Name      string `json:"name,omitempty" doc:"the catalog's name, absent until the catalog's event came"`
	OnHand    int64  `json:"on_hand" doc:"units that are here: received - shipped + returned - written off"`
	Reserved  int64  `json:"reserved" doc:"units of on_hand that orders hold or were allocated"`
	Available int64  `json:"available" doc:"units that can be ordered: on_hand - reserved"`
	Version   int64  `json:"version" doc:"one higher with every change"`
}

type output struct {
	ETag string `header:"ETag" doc:"the version"`
	Body Stock
}

// Route serves GET /v1/stock/{sku}.
func Route(api *rest.API, db *postgres.DB) {
	handler := New(db)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/stock/{sku}", ID: "get-stock",
		Summary: "Get the stock of a SKU", Tags: []string{"stock"}, Errors: []int{http.StatusNotFound},
		Description: "What there is of one SKU, and what orders have reserved of it.",
	}, func(ctx context.Context, query *Query) (*output, error) {
		result, err := handler.Handle(ctx, *query)
		switch {
		case err != nil:
			return nil, err
		case !result.Found:
			return nil, rest.NewProblem(http.StatusNotFound, "unknown-sku", "There is no stock item "+query.SKU+".")
		}
		return &output{ETag: rest.ETag(result.Item.Version), Body: show(result.Item)}, nil
	})
}

func show(item store.StockItem) Stock {
	return Stock{
		SKU: item.SKU, Name: item.Name, OnHand: item.OnHand, Reserved: item.Reserved,
		Available: item.OnHand - item.Reserved, Version: item.Version,
	}
}
