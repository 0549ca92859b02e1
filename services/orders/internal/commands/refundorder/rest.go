package refundorder

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/requests"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

type input struct {
	requests.Input
	Body struct {
		view.RefundWish
		Reason string `json:"reason" enum:"goodwill,damaged,late,price,retry,other" doc:"Why."`
		Note   string `json:"note,omitempty" maxLength:"500" doc:"A text for people; the shopper sees it too. Not for personal data: it is kept in clear."`
	}
}

// Route serves POST /v1/orders/{id}/refunds.
func Route(api *rest.API, asked *requests.Requests, limit int64) {
	handler := New(asked, limit)
	rest.Handle(api, requests.Answers(rest.Op{
		Path: "/v1/orders/{id}/refunds", ID: "refund-order", Scope: auth.ScopeOperator,
		Summary: "Give an amount back without a return",
		Description: `Never more than was captured for shipped units. With retries it tries again what a provider did not give back.

* 201: done; or failed or refused, as its status says. What failed is owed to the shopper until it is tried again or paid in another way.
* 202: on its way; ask for it at Location.
* 409: another saga is working on the order, try again after Retry-After; or less was captured, or nothing is owed.`,
	}, map[string]int{
		refusals.RefundExceedsCaptured: http.StatusConflict, refusals.NoDebt: http.StatusConflict,
		refusals.RefundLimit: http.StatusForbidden, refusals.CurrencyMismatch: http.StatusUnprocessableEntity,
	}), func(ctx context.Context, in *input) (*requests.Output[view.Refund], error) {
		given, applied, err := in.Read(ctx, in.Body.Reason, in.Body.Note)
		if err != nil {
			return nil, err
		}
		amount, retries, err := view.ReadRefund(in.Body.RefundWish)
		if err != nil {
			return nil, err
		}
		result, err := handler.Handle(ctx, Command{Given: given, Amount: amount, Retries: retries})
		if err != nil {
			return nil, err
		}
		return requests.Respond(result, applied, "refunds", func(o *domain.Order, request *domain.Request) view.Refund {
			return view.RefundOf(o, request, true)
		})
	})
}
