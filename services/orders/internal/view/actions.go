package view

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// Action is something that can be done with an order.
type Action struct {
	Name    string `json:"name" enum:"cancel" example:"cancel"`
	Method  string `json:"method" example:"POST"`
	Href    string `json:"href" example:"/v1/orders/7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21/cancellations"`
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason,omitempty" doc:"Why it is not allowed now."`
	Effect  string `json:"effect,omitempty" doc:"What it would do."`
}

func actions(o *domain.Order) []Action {
	cancel := Action{Name: "cancel", Method: http.MethodPost, Href: Path(o.ID()) + "/cancellations"}
	var err error
	if saga := o.Saga(); saga != nil && saga.Saga == domain.Placing(o.ID()) {
		cancel.Effect, err = "the order is not completed, and nothing is charged", o.CheckCancelPlacing(domain.CancelRequest{})
	} else {
		var planned domain.Cancellation
		planned, err = o.PlanCancel(domain.CancelRequest{})
		cancel.Effect = "nothing of " + planned.Amount.Text() + " is charged, and its stock is free again"
	}
	if cancel.Allowed = err == nil; !cancel.Allowed {
		cancel.Effect, cancel.Reason = "", err.Error()
		if refused, ok := refusal.As(err); ok {
			cancel.Reason = refused.Message
		}
	}
	return []Action{cancel}
}
