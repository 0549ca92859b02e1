// Package previewcancellation returns the effect of a cancellation without doing it.
package previewcancellation

import (
	"context"
	"errors"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Query is a possible cancellation.
type Query struct {
	ID    string
	Lines []domain.CancelledLine // none: everything that is left
}

// Result is the effect; nil when the order does not exist or the caller may not see it.
type Result = *CancellationPreview

// CancellationPreview is the effect of a cancellation.
type CancellationPreview struct {
	Lines   []view.CancelledLine `json:"lines" nullable:"false"`
	Amount  view.Money           `json:"amount" doc:"What would not be due any more."`
	Whole   bool                 `json:"whole" doc:"Nothing would be left of the order: it would be cancelled."`
	Effect  string               `json:"effect" doc:"In words." example:"frees 2 units; £5.00 is not charged"`
	Version int64                `json:"version" doc:"Of the order that this is true for: its ETag goes into If-Match."`
}

// New makes the use case. It refuses with the reasons of domain.Order.PlanCancel, so an order that is
// being placed has no preview.
func New(orders *store.Orders) cqrs.Handler[Query, Result] {
	return cqrs.Query("preview_cancellation", func(ctx context.Context, query Query) (Result, error) {
		caller, ok := auth.FromContext(ctx)
		if !ok {
			return nil, errors.New("preview a cancellation: the request has no caller")
		}
		id, ok := rest.ParseUUID(query.ID)
		if !ok {
			return nil, nil
		}
		order, err := orders.Load(ctx, id)
		if err != nil || !view.Visible(order, caller) {
			return nil, err
		}
		planned, err := order.PlanCancel(domain.CancelRequest{Lines: query.Lines})
		if err != nil {
			return nil, err
		}
		return &CancellationPreview{
			Lines: view.CancelledLines(order, planned), Amount: view.Money(planned.Amount), Whole: planned.Whole,
			Effect: effect(planned), Version: order.Version(),
		}, nil
	})
}

func effect(planned domain.Cancellation) string {
	units := int64(0)
	for _, r := range planned.Units {
		units += r.Units()
	}
	frees := "frees " + text.Count(int(units), "unit")
	if planned.Whole {
		return fmt.Sprintf("%s; the order is cancelled, and its payment voided", frees)
	}
	return fmt.Sprintf("%s; %s is not charged", frees, planned.Amount.Text())
}
