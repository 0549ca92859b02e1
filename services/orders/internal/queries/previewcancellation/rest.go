package previewcancellation

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

type input struct {
	ID   string `path:"id" doc:"The order's id." example:"7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21"`
	Body struct {
		Lines []view.LineToCancel `json:"lines,omitempty" nullable:"false" maxItems:"1000" doc:"Units of lines; without it, everything that is left of the order."`
	}
}

type output struct {
	ETag string `header:"ETag" doc:"The order's version."`
	Body CancellationPreview
}

// Route serves POST /v1/orders/{id}/cancellations/preview.
func Route(api *rest.API, orders *store.Orders) {
	handler := New(orders)
	rest.Handle(api, rest.Op{
		Method: http.MethodPost, Path: "/v1/orders/{id}/cancellations/preview", ID: "preview-cancellation", Tags: []string{"orders"},
		Summary:     "Preview a cancellation",
		Description: "What a cancellation of these units would do now. Nothing is done. The ETag goes into If-Match of the cancellation, which is then refused (412) when it would do something else.",
		Errors:      []int{http.StatusNotFound},
		Refusals: map[string]int{
			refusals.SagaInProgress: http.StatusConflict, refusals.OrderSettled: http.StatusConflict, refusals.UnitsNotCancellable: http.StatusConflict,
		},
	}, func(ctx context.Context, in *input) (*output, error) {
		lines, err := view.ReadLinesToCancel(in.Body.Lines)
		if err != nil {
			return nil, err
		}
		preview, err := handler.Handle(ctx, Query{ID: in.ID, Lines: lines})
		switch {
		case err != nil:
			return nil, err
		case preview == nil:
			return nil, view.NotFound()
		}
		return &output{ETag: rest.ETag(preview.Version), Body: *preview}, nil
	})
}
