package settledebt

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

type input struct {
	ID      string `path:"id" doc:"The order's id." example:"7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21"`
	Request string `path:"request" doc:"The cancellation or refund whose refund failed." example:"0d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d"`
	Body    struct {
		Reference string `json:"reference" minLength:"1" maxLength:"200" doc:"Where it was paid." example:"bank transfer 2026-11-26/17"`
	}
}

// Route serves POST /v1/orders/{id}/debts/{request}/settlement.
func Route(api *rest.API, orders *store.Orders) {
	handler := New(orders)
	rest.Serve(api, rest.Op{
		Method: http.MethodPost, Path: "/v1/orders/{id}/debts/{request}/settlement", ID: "settle-debt", Tags: []string{"orders"},
		Scope: auth.ScopeOperator, Summary: "Record that a failed refund was paid in another way",
		Description: "What the provider did not give back is no longer owed. The answer is the order's ledger.",
		Errors:      []int{http.StatusNotFound},
		Refusals:    map[string]int{refusals.NoDebt: http.StatusConflict, refusals.SagaInProgress: http.StatusConflict},
	}, func(ctx context.Context, in input) (view.Ledger, error) {
		command, err := in.command(ctx)
		if err != nil {
			return view.Ledger{}, err
		}
		order, err := handler.Handle(ctx, command)
		switch {
		case err != nil:
			return view.Ledger{}, err
		case order == nil:
			return view.Ledger{}, view.NotFound()
		}
		return view.LedgerOf(order), nil
	})
}

func (in *input) command(ctx context.Context) (Command, error) {
	caller, ok := auth.FromContext(ctx)
	if !ok {
		return Command{}, errors.New("settle a debt: the request has no caller")
	}
	id, known := rest.ParseUUID(in.ID)
	if !known {
		return Command{}, view.NotFound()
	}
	if err := text.Check(in.Body.Reference); err != nil {
		return Command{}, view.Invalid("body.reference", err.Error())
	}
	return Command{OrderID: id, Request: strings.ToLower(in.Request), Caller: caller, Reference: in.Body.Reference}, nil
}
