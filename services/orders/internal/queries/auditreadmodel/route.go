// Package auditreadmodel compares the read model with the log: every document
// must be the fold of its order's events.
package auditreadmodel

import (
	"context"
	"net/http"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/readmodel"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

type input struct {
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Page is what was compared: the orders of a page of the log.
type Page struct {
	Compared   int         `json:"compared" doc:"orders"`
	Behind     int         `json:"behind" doc:"of these, orders with events that are not projected yet, or that this version cannot read; they are not compared"`
	Mismatches []Mismatch  `json:"mismatches" nullable:"false" doc:"none, when all is well"`
	Next       rest.Cursor `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// Mismatch is a document that is not what the log says.
type Mismatch struct {
	OrderID    string `json:"order_id"`
	Collection string `json:"collection" enum:"orders,order_summaries"`
	Problem    string `json:"problem" example:"status is rejected, the log says confirmed"`
}

type output struct{ Body Page }

// position is the next page of the log.
type position struct {
	Page int64 `json:"page"`
}

const list = "audit-read-model"

// Route adds GET /v1/audit/read-model to the API.
func Route(api *rest.API, orders *store.Orders, events *eventstore.Store, db *mongo.Database) {
	handler := cqrs.Query("audit_read_model", &handler{orders: orders, events: events, db: db})
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/audit/read-model", ID: "audit-read-model",
		Summary: "Audit the read model", Tags: []string{"audit"}, Scope: auth.ScopeOperator,
		Description: "Folds the orders of a page of the log and compares them with their documents.",
		Timeout:     timeout,
	}, func(ctx context.Context, in *input) (*output, error) {
		at, err := rest.ReadCursor[position](ctx, list, in.Cursor)
		if err != nil {
			return nil, err
		}
		compared, err := handler.Handle(ctx, query{page: at.Page})
		if err != nil {
			return nil, err
		}
		page := Page{Compared: compared.orders, Behind: compared.behind, Mismatches: compared.mismatches}
		if at.Page < readmodel.PageOf(compared.head) {
			page.Next = rest.NewCursor(ctx, list, position{Page: at.Page + 1})
		}
		return &output{Body: page}, nil
	})
}
