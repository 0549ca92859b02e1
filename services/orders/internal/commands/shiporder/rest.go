package shiporder

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
		Lines []view.LineUnits `json:"lines,omitempty" nullable:"false" minItems:"1" maxItems:"1000" doc:"Units of lines; without it, everything that is left of the order."`
		view.Parcel
		Note string `json:"note,omitempty" maxLength:"500" doc:"A text for people; the shopper sees it too. Not for personal data: it is kept in clear."`
	}
}

// Route serves POST /v1/orders/{id}/shipments.
func Route(api *rest.API, asked *requests.Requests, policy domain.CapturePolicy) {
	handler := New(asked, policy)
	rest.Handle(api, requests.Answers(rest.Op{
		Path: "/v1/orders/{id}/shipments", ID: "ship-order", Scope: auth.ScopeOperator,
		Summary: "Ship an order, or units of it",
		Description: `The units' amount is captured; then they leave the stock. The order's shipping costs belong to its first shipment.

* 201: shipped; or refused, when the amount could not be captured: its status says which, and then nothing was shipped.
* 202: on its way; ask for it at Location.
* 409: another saga is working on the order, try again after Retry-After; or the order is not confirmed, or has fewer such units left, or is on hold, because its payment does not cover what is left.`,
	}, map[string]int{refusals.UnitsNotShippable: http.StatusConflict, refusals.OrderOnHold: http.StatusConflict, refusals.AuthorizationUnknown: http.StatusConflict, refusals.AmountExceedsOpen: http.StatusConflict}),
		func(ctx context.Context, in *input) (*requests.Output[view.Shipment], error) {
			given, applied, err := in.Read(ctx, "", in.Body.Note)
			if err != nil {
				return nil, err
			}
			lines, err := view.ReadLines(in.Body.Lines)
			if err != nil {
				return nil, err
			}
			parcel, err := view.ReadParcel(in.Body.Parcel)
			if err != nil {
				return nil, err
			}
			result, err := handler.Handle(ctx, Command{Given: given, Lines: lines, Parcel: parcel})
			if err != nil {
				return nil, err
			}
			return requests.Respond(result, applied, "shipments", func(o *domain.Order, request *domain.Request) view.Shipment {
				return view.ShipmentOf(o, request, true)
			})
		})
}
