package view

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// Visible tells whether the caller may see the order: operators see every one that exists, shoppers
// their own. To everybody else it does not exist, so that nobody learns which ids do.
func Visible(o *domain.Order, caller auth.Identity) bool {
	if o.Version() == 0 {
		return false
	}
	return caller.Has(auth.ScopeOperator) || (o.Placed() && o.CustomerID() == caller.Subject)
}

// NotFound is the 404 of an order that does not exist for the caller.
func NotFound() *rest.Problem {
	return rest.NewProblem(http.StatusNotFound, "order-not-found", "There is no such order, or it is not yours.")
}
