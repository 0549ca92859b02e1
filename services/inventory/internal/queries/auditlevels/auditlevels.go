// Package auditlevels lists what can be sold of each SKU with its version, for an
// auditor to compare with what read models show.
package auditlevels

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

type input struct {
	Limit  int         `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Levels on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Page of levels, in the bytewise order of their SKUs.
type Page struct {
	Levels []Level     `json:"levels" nullable:"false"`
	Next   rest.Cursor `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// Level of a SKU.
type Level struct {
	SKU       string `json:"sku"`
	Available int64  `json:"available" doc:"units that can be sold"`
	Version   int64  `json:"version" doc:"one higher with every change of the SKU's stock"`
}

type output struct{ Body Page }

// position is the last SKU of a page.
type position struct {
	SKU string `json:"sku"`
}

const list = "audit-levels"

// Route serves GET /v1/audit/levels.
func Route(api *rest.API, db *postgres.DB) {
	handler := cqrs.Query("audit_levels", cqrs.HandlerFunc[input, Page](func(ctx context.Context, in input) (Page, error) {
		return page(ctx, db, in)
	}))
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/audit/levels", ID: "audit-levels",
		Summary: "List the levels of all SKUs", Tags: []string{"audit"}, Scope: auth.ScopeOperator,
	}, func(ctx context.Context, in *input) (*output, error) {
		levels, err := handler.Handle(ctx, *in)
		if err != nil {
			return nil, err
		}
		return &output{Body: levels}, nil
	})
}

func page(ctx context.Context, db *postgres.DB, in input) (Page, error) {
	levels, next, err := rest.Page(ctx, list, in.Cursor, in.Limit,
		func(after position, limit int) ([]store.Level, error) {
			return store.AuditLevels(ctx, db, after.SKU, limit)
		},
		func(level store.Level) position { return position{SKU: level.SKU} })
	shown := Page{Levels: make([]Level, len(levels)), Next: next}
	for i, level := range levels {
		shown.Levels[i] = Level(level)
	}
	return shown, err
}
