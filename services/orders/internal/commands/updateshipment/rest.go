package updateshipment

import (
	"context"
	"errors"
	"net/http"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

type input struct {
	ID       string `path:"id" doc:"The order's id." example:"7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21"`
	Shipment string `path:"request" doc:"The shipment's id." example:"0d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d"`
	Body     struct {
		Carrier   *string `json:"carrier,omitempty" maxLength:"100" doc:"Who carries it."`
		Tracking  *string `json:"tracking,omitempty" maxLength:"200" doc:"A code or an https address by which it is followed."`
		Delivered bool    `json:"delivered,omitempty" doc:"It has arrived. It cannot be taken back."`
	}
}

// Route serves PATCH /v1/orders/{id}/shipments/{request}.
func Route(api *rest.API, orders *store.Orders) {
	handler := New(orders)
	rest.Serve(api, rest.Op{
		Method: http.MethodPatch, Path: "/v1/orders/{id}/shipments/{request}", ID: "update-shipment", Tags: []string{"orders"},
		Scope: auth.ScopeOperator, Summary: "Change what is known of a shipment",
		Description: "Its carrier and tracking code, and that it was delivered. What is not given stays. It is safe to repeat.",
		Errors:      []int{http.StatusNotFound},
		Refusals:    map[string]int{refusals.ShipmentUnknown: http.StatusNotFound},
	}, func(ctx context.Context, in input) (view.Shipment, error) {
		command, err := in.command(ctx)
		if err != nil {
			return view.Shipment{}, err
		}
		order, err := handler.Handle(ctx, command)
		switch {
		case err != nil:
			return view.Shipment{}, err
		case order == nil:
			return view.Shipment{}, view.NotFound()
		}
		return view.ShipmentOf(order, order.Request(command.Shipment), true), nil
	})
}

func (in *input) command(ctx context.Context) (Command, error) {
	caller, ok := auth.FromContext(ctx)
	if !ok {
		return Command{}, errors.New("update a shipment: the request has no caller")
	}
	id, known := rest.ParseUUID(in.ID)
	shipment, _ := rest.ParseUUID(in.Shipment) // what is none names no shipment
	if !known {
		return Command{}, view.NotFound()
	}
	var given view.Parcel
	if in.Body.Carrier != nil {
		given.Carrier = *in.Body.Carrier
	}
	if in.Body.Tracking != nil {
		given.Tracking = *in.Body.Tracking
	}
	if _, err := view.ReadParcel(given); err != nil {
		return Command{}, err
	}
	return Command{
		OrderID: id, Shipment: shipment, Caller: caller, Carrier: in.Body.Carrier, Tracking: in.Body.Tracking, Delivered: in.Body.Delivered,
	}, nil
}
