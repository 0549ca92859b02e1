package gettimeline

import (
	"context"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Timeline is the story of an order.
type Timeline struct {
	OrderID string          `json:"order_id" format:"uuid"`
	Entries []TimelineEntry `json:"entries" nullable:"false" doc:"In the order they were recorded. When sagas begin and end is for operators."`
}

// TimelineEntry is one thing that happened.
type TimelineEntry struct {
	Version int64     `json:"version" doc:"Counts the events of the order, from 1."`
	Type    string    `json:"type" example:"OrderPlaced"`
	At      time.Time `json:"at" doc:"When it happened, which may be before it was recorded."`
	Text    string    `json:"text" example:"Placed: 2 lines, £12.50"`
}

type output struct {
	ETag string `header:"ETag" doc:"The order's version."`
	Body Timeline
}

// Route serves GET /v1/orders/{id}/timeline.
func Route(api *rest.API, orders *store.Orders) {
	handler := New(orders)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/orders/{id}/timeline", ID: "get-order-timeline", Tags: []string{"orders"},
		Summary:     "Tell the story of an order",
		Description: "What happened to the order, in the order it was recorded.",
		Errors:      []int{http.StatusNotFound},
	}, func(ctx context.Context, query *Query) (*output, error) {
		told, err := handler.Handle(ctx, *query)
		switch {
		case err != nil:
			return nil, err
		case told.Version == 0:
			return nil, view.NotFound()
		}
		timeline := Timeline{OrderID: told.OrderID, Entries: []TimelineEntry{}}
		for _, event := range told.History {
			if told.Operator || !forOperators(event.Fact) {
				timeline.Entries = append(timeline.Entries, entry(event, told.Operator))
			}
		}
		return &output{ETag: rest.ETag(told.Version), Body: timeline}, nil
	})
}
