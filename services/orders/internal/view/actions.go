package view

import (
	"net/http"

	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// Action is something that can be done with an order.
type Action struct {
	Name    string `json:"name" enum:"cancel,ship,refund" example:"cancel"`
	Method  string `json:"method" example:"POST"`
	Href    string `json:"href" example:"/v1/orders/7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21/cancellations"`
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason,omitempty" doc:"Why it is not allowed now."`
	Effect  string `json:"effect,omitempty" doc:"What it would do."`
}

// actions are what the caller can do with the order: shipping and refunds are for operators.
func actions(o *domain.Order, operator bool) []Action {
	all := []Action{cancelAction(o)}
	if !operator {
		return all
	}
	shipment, err := o.PlanShipment(domain.ShipRequest{})
	all = append(all, action(o, "ship", "shipments", ShipEffect(shipment), err))
	one := domain.Money{Amount: 1, Currency: o.Total().Currency}
	_, err = o.PlanRefund(domain.RefundRequest{Amount: one})
	return append(all, action(o, "refund", "refunds", "gives up to "+o.Refundable().Text()+" back", err))
}

func cancelAction(o *domain.Order) Action {
	if saga := o.Saga(); saga != nil && saga.Saga == domain.Placing(o.ID()) {
		return action(o, "cancel", "cancellations", "the order is not completed, and nothing is charged", o.CheckCancelPlacing(domain.CancelRequest{}))
	}
	planned, err := o.PlanCancel(domain.CancelRequest{})
	return action(o, "cancel", "cancellations", CancelEffect(planned), err)
}

func action(o *domain.Order, name, collection, effect string, err error) Action {
	shown := Action{Name: name, Method: http.MethodPost, Href: Path(o.ID()) + "/" + collection, Allowed: err == nil, Effect: effect}
	if err != nil {
		shown.Effect, shown.Reason = "", err.Error()
		if refused, ok := refusal.As(err); ok {
			shown.Reason = refused.Message
		}
	}
	return shown
}
