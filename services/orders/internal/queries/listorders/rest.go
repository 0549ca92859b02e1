package listorders

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderlist"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

type input struct {
	Status   string      `query:"status" enum:"placed,confirmed,rejected,cancelled" doc:"Only orders with this status."`
	Customer string      `query:"customer" maxLength:"255" doc:"Only this customer's orders; for operators, who see everybody's without it."`
	Number   string      `query:"number" pattern:"^[1-9][0-9]{0,17}$" doc:"Only the order of this number." example:"100042"`
	Stuck    bool        `query:"stuck" doc:"Only orders whose saga is stuck; for operators."`
	Limit    int         `query:"limit" minimum:"1" maximum:"200" default:"20" doc:"Orders on a page. With a status a page can have fewer, and still a next_cursor."`
	Cursor   rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

type output struct {
	Body struct {
		Orders []OrderSummary `json:"orders" nullable:"false" doc:"The one recorded last first. placed_at is when its request was taken, so of orders placed at the same time a later one can stand below an earlier one."`
		Next   rest.Cursor    `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
		readmodel.Lag
	}
}

// OrderSummary is an order in a list.
type OrderSummary struct {
	ID               string     `json:"id" format:"uuid"`
	Status           string     `json:"status" enum:"none,placed,confirmed,rejected,cancelled"`
	PaymentStatus    string     `json:"payment_status" enum:"none,authorized,voided,partly_captured,captured,partly_refunded,refunded"`
	FulfilmentStatus string     `json:"fulfilment_status" enum:"unfulfilled,partly_shipped,shipped,delivered"`
	CustomerID       string     `json:"customer_id"`
	Number           string     `json:"number,omitempty" doc:"What people call the order." example:"100042"`
	Reference        string     `json:"reference,omitempty" doc:"The shop's own name of the order."`
	Lines            int        `json:"lines" doc:"How many."`
	Total            view.Money `json:"total"`
	Reason           string     `json:"reason,omitempty" doc:"Why it was rejected or cancelled." example:"out_of_stock"`
	StuckSteps       []string   `json:"stuck_steps,omitempty" nullable:"false" doc:"The steps its saga is stuck in; for operators."`
	PlacedAt         *time.Time `json:"placed_at,omitempty"`
	SettledAt        *time.Time `json:"settled_at,omitempty"`
	Version          int64      `json:"version"`
}

// Route serves GET /v1/orders.
func Route(api *rest.API, needs Needs) {
	handler := New(needs)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/orders", ID: "list-orders", Tags: []string{"orders"},
		Summary:     "List orders",
		Description: "In pages, those that were recorded last first. Shoppers see their own orders, operators all. The list follows changes within moments and says how far it is behind; one order is always up to date at its own path.",
		Errors:      []int{http.StatusForbidden},
	}, func(ctx context.Context, in *input) (*output, error) {
		caller, ok := auth.FromContext(ctx)
		if !ok {
			return nil, errors.New("list orders: the request has no caller")
		}
		query, err := in.query(caller)
		if err != nil {
			return nil, err
		}
		page, err := handler.Handle(ctx, query)
		if err != nil {
			return nil, err
		}
		return show(page, caller), nil
	})
}

func (in *input) query(caller auth.Identity) (Query, error) {
	number, err := strconv.ParseInt(cmp.Or(in.Number, "0"), 10, 64)
	if err != nil {
		return Query{}, fmt.Errorf("list orders: number %q: %w", in.Number, err)
	}
	query := Query{Number: number, Customer: in.Customer, Status: in.Status, Stuck: in.Stuck, Limit: in.Limit, Cursor: in.Cursor}
	if !caller.Has(auth.ScopeOperator) {
		if in.Stuck || (in.Customer != "" && in.Customer != caller.Subject) {
			return Query{}, rest.NewProblem(http.StatusForbidden, "forbidden", "Only operators list the orders of others, or stuck ones.")
		}
		query.Customer = caller.Subject
	}
	return query, nil
}

func show(page Result, caller auth.Identity) *output {
	out := new(output)
	out.Body.Lag = page.Lag
	out.Body.Orders = make([]OrderSummary, len(page.Orders))
	for i, order := range page.Orders {
		out.Body.Orders[i] = summary(order, caller.Has(auth.ScopeOperator))
	}
	out.Body.Next = page.Next
	return out
}

func summary(s orderlist.Summary, operator bool) OrderSummary {
	shown := OrderSummary{
		ID: s.ID, Status: s.Status, PaymentStatus: s.PaymentStatus, FulfilmentStatus: s.FulfilmentStatus,
		CustomerID: s.CustomerID, Lines: s.Lines, Total: view.Money(s.Total), Reason: s.Reason,
		Reference: s.Reference, PlacedAt: s.PlacedAt, SettledAt: s.SettledAt, Version: s.Version,
	}
	if s.Number != 0 {
		shown.Number = strconv.FormatInt(s.Number, 10)
	}
	if operator {
		shown.StuckSteps = s.StuckSteps
	}
	return shown
}
