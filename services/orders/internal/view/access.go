package view

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// Visible reports whether the caller may see the order: operators see all orders, shoppers their
// own. For all others it does not exist, so that they cannot find out which ids exist.
func Visible(o *domain.Order, caller auth.Identity) bool {
	if o.Version() == 0 {
		return false
	}
	return caller.Has(auth.ScopeOperator) || (o.Placed() && o.CustomerID() == caller.Subject)
}

// NotFound makes the 404 problem of an order that does not exist or that the caller may not see.
func NotFound() *rest.Problem {
	return rest.NewProblem(http.StatusNotFound, "order-not-found", "There is no such order, or it is not yours.")
}
