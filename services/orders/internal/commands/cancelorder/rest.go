package cancelorder

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/requests"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

type input struct {
	requests.Input
	Body struct {
		view.CancelWish
		Reason string `json:"reason" enum:"customer,fraud,unavailable,other" doc:"Why."`
		Note   string `json:"note,omitempty" maxLength:"500" doc:"A text for people. Not for personal data: it is kept in clear."`
	}
}

// Route serves POST /v1/orders/{id}/cancellations.
func Route(api *rest.API, asked *requests.Requests) {
	handler := New(asked)
	rest.Handle(api, requests.Answers(rest.Op{
		Path: "/v1/orders/{id}/cancellations", ID: "cancel-order",
		Summary: "Cancel an order, or units of it",
		Description: `Before it is shipped. The units' stock is free again, and they are not charged; when nothing is left of the order its payment is voided.
An order that is still being placed can be cancelled as a whole. What was captured of it before is refunded.
An operator may write the units off instead, and keep a fee of their amount.

* 201: done; or refused, when the fee could not be captured: its status says which, and then nothing was cancelled.
* 202: on its way; ask for it at Location.
* 409: another saga is working on the order, try again after Retry-After; or the order was rejected or cancelled, or has fewer such units left; or the fee is above what they are worth, or cannot be captured.`,
	}, map[string]int{
		refusals.UnitsNotCancellable: http.StatusConflict, refusals.FeeExceedsAmount: http.StatusConflict, refusals.FeeNotChargeable: http.StatusConflict,
		refusals.AuthorizationUnknown: http.StatusConflict, refusals.AmountExceedsOpen: http.StatusConflict, refusals.CurrencyMismatch: http.StatusUnprocessableEntity,
	}), func(ctx context.Context, in *input) (*requests.Output[view.Cancellation], error) {
		given, applied, err := in.Read(ctx, in.Body.Reason, in.Body.Note)
		if err != nil {
			return nil, err
		}
		lines, policy, err := view.ReadCancel(in.Body.CancelWish, given.Caller)
		if err != nil {
			return nil, err
		}
		result, err := handler.Handle(ctx, Command{Given: given, Lines: lines, Policy: policy})
		if err != nil {
			return nil, err
		}
		return requests.Respond(result, applied, "cancellations", func(o *domain.Order, request *domain.Request) view.Cancellation {
			return view.CancellationOf(o, request, false)
		})
	})
}
