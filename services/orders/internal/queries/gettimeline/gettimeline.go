// Package gettimeline tells the story of an order: what happened and when.
package gettimeline

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

type input struct {
	ID string `path:"id" doc:"The order's id."`
}

type output struct {
	ETag string `header:"ETag" doc:"The order's version."`
	Body Timeline
}

// Timeline is the story of an order.
type Timeline struct {
	OrderID string  `json:"order_id" format:"uuid"`
	Entries []Entry `json:"entries" nullable:"false" doc:"In the order they were recorded. When sagas begin and end is for operators."`
}

// Entry is one thing that happened.
type Entry struct {
	Version int64     `json:"version" doc:"Counts the events of the order, from 1."`
	Type    string    `json:"type" example:"OrderPlaced"`
	At      time.Time `json:"at" doc:"When it happened, which may be before it was recorded."`
	Text    string    `json:"text" example:"Placed: 2 lines, £12.50"`
}

// Route adds GET /v1/orders/{id}/timeline to the API.
func Route(api *rest.API, orders *store.Orders) {
	query := cqrs.Query("get_timeline", cqrs.HandlerFunc[input, *output](func(ctx context.Context, in input) (*output, error) {
		return get(ctx, orders, in.ID)
	}))
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/orders/{id}/timeline", ID: "get-order-timeline", Tags: []string{"orders"},
		Summary: "Tell the story of an order",
		Errors:  []int{http.StatusNotFound},
	}, func(ctx context.Context, in *input) (*output, error) {
		out, err := query.Handle(ctx, *in)
		if err == nil && out == nil {
			err = view.NotFound()
		}
		return out, err
	})
}

// get answers nil when there is no order for the caller.
func get(ctx context.Context, orders *store.Orders, given string) (*output, error) {
	caller, ok := auth.FromContext(ctx)
	if !ok {
		return nil, errors.New("get a timeline: the caller is not known")
	}
	id, ok := rest.ParseUUID(given)
	if !ok {
		return nil, nil
	}
	history, err := orders.History(ctx, id)
	if err != nil {
		return nil, err
	}
	order := store.Fold(id, history)
	if !view.Visible(order, caller) {
		return nil, nil
	}
	operator := caller.Has(auth.ScopeOperator)
	timeline := Timeline{OrderID: id, Entries: []Entry{}}
	for _, event := range history {
		if operator || !forOperators(event.Fact) {
			timeline.Entries = append(timeline.Entries, entry(event, operator))
		}
	}
	return &output{ETag: rest.ETag(order.Version()), Body: timeline}, nil
}
