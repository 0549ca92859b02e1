package getrequest

import (
	"context"
	"net/http"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Routes serves GET of cancellations, shipments and refunds of an order.
func Routes(api *rest.API, orders *store.Orders) {
	handler := New(orders)
	serve(api, handler, sagas.KindCancelOrder, "cancellation", "What was asked for, and what became of it.", view.CancellationOf)
	serve(api, handler, sagas.KindShipOrder, "shipment", "What leaves, or has left, and what was captured for it.", view.ShipmentOf)
	serve(api, handler, sagas.KindRefundOrder, "refund", "What is given back, and what became of it.", view.RefundOf)
}

func serve[Body any](api *rest.API, handler cqrs.Handler[Query, Result], kind, name, description string, show func(*domain.Order, *domain.Request, bool) Body) {
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/orders/{id}/" + name + "s/{request}", ID: "get-" + name, Tags: []string{"orders"},
		Summary: "Show a " + name, Description: description, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, query Query) (body Body, err error) {
		found, err := handler.Handle(ctx, query)
		switch {
		case err != nil:
			return body, err
		case found.Request == nil || found.Request.Kind != kind:
			return body, rest.NewProblem(http.StatusNotFound, name+"-not-found", "There is no such "+name+", or the order is not yours.")
		}
		return show(found.Order, found.Request, found.Operator), nil
	})
}
