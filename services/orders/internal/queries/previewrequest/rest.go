package previewrequest

import (
	"context"
	"maps"
	"net/http"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// CancellationPreview is the effect of a cancellation.
type CancellationPreview struct {
	Lines    []view.UnitsOfLine `json:"lines" nullable:"false"`
	Amount   view.Money         `json:"amount" doc:"What would not be due any more."`
	Fee      *view.Money        `json:"fee,omitempty" doc:"What the shop would keep of it."`
	Stock    string             `json:"stock" enum:"restock,write_off" doc:"What would become of the units."`
	Refunded view.Money         `json:"refunded" doc:"What of it was captured before, and would be refunded."`
	Whole    bool               `json:"whole" doc:"Nothing would be left of the order: it would be cancelled."`
	Effect   string             `json:"effect" doc:"In words." example:"frees 2 units; £5.00 is not charged"`
	Version  int64              `json:"version" doc:"Of the order that this is true for: its ETag goes into If-Match."`
}

// ShipmentPreview is the effect of a shipment.
type ShipmentPreview struct {
	Lines    []view.UnitsOfLine `json:"lines" nullable:"false"`
	Amount   view.Money         `json:"amount" doc:"Of the units; the order's shipping costs belong to its first shipment."`
	Captured view.Money         `json:"captured" doc:"What would be captured."`
	Last     bool               `json:"last" doc:"Nothing would be captured later: what is left of the authorization is voided."`
	Effect   string             `json:"effect" doc:"In words." example:"ships 2 units; £5.00 is captured"`
	Version  int64              `json:"version" doc:"Of the order that this is true for: its ETag goes into If-Match."`
}

// RefundPreview is the effect of a refund.
type RefundPreview struct {
	Amount  view.Money `json:"amount" doc:"What would be given back."`
	Effect  string     `json:"effect" doc:"In words." example:"£5.00 is given back"`
	Version int64      `json:"version" doc:"Of the order that this is true for: its ETag goes into If-Match."`
}

type linesInput struct {
	ID   string `path:"id" doc:"The order's id." example:"7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21"`
	Body struct {
		Lines []view.LineUnits `json:"lines,omitempty" nullable:"false" minItems:"1" maxItems:"1000" doc:"Units of lines; without it, everything that is left of the order."`
	}
}

type cancelInput struct {
	ID   string `path:"id" doc:"The order's id." example:"7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21"`
	Body view.CancelWish
}

type refundInput struct {
	ID   string `path:"id" doc:"The order's id." example:"7b0f3f5e-2f0b-5d6a-9d5b-1f4f0c3a8e21"`
	Body view.RefundWish
}

type output[Body any] struct {
	ETag string `header:"ETag" doc:"The order's version."`
	Body Body
}

// Needs are the settings that decide what requests do.
type Needs struct {
	Policy      domain.CapturePolicy
	RefundLimit int64 // of one operator and order, in minor units; 0: no limit
}

// Routes serves POST /v1/orders/{id}/…/preview of cancellations, shipments and refunds.
func Routes(api *rest.API, orders *store.Orders, n Needs) {
	handler := New(orders)
	serve(api, handler, "cancellation", "", map[string]int{
		refusals.UnitsNotCancellable: http.StatusConflict, refusals.FeeExceedsAmount: http.StatusConflict, refusals.FeeNotChargeable: http.StatusConflict,
		refusals.AuthorizationUnknown: http.StatusConflict, refusals.AmountExceedsOpen: http.StatusConflict, refusals.CurrencyMismatch: http.StatusUnprocessableEntity,
	}, func(ctx context.Context, in *cancelInput, preview *CancellationPreview) (string, func(*domain.Order, string) error, error) {
		caller, _ := auth.FromContext(ctx)
		lines, policy, err := view.ReadCancel(in.Body, caller)
		return in.ID, func(o *domain.Order, _ string) error {
			planned, err := o.PlanCancel(domain.CancelRequest{Lines: lines, CancelPolicy: policy})
			refunded := view.Money{Amount: planned.Refund.Amount, Currency: planned.Amount.Currency}
			*preview = CancellationPreview{
				Lines: view.Lines(o, planned.Units), Amount: view.Money(planned.Amount), Stock: view.StockOf(policy), Refunded: refunded, Whole: planned.Whole,
				Effect: view.CancelEffect(planned), Version: o.Version(),
			}
			if planned.Fee.Amount > 0 {
				fee := view.Money(planned.Fee)
				preview.Fee = &fee
			}
			return err
		}, err
	})
	serve(api, handler, "shipment", auth.ScopeOperator, map[string]int{
		refusals.UnitsNotShippable: http.StatusConflict, refusals.OrderOnHold: http.StatusConflict, refusals.AuthorizationUnknown: http.StatusConflict, refusals.AmountExceedsOpen: http.StatusConflict,
	}, func(_ context.Context, in *linesInput, preview *ShipmentPreview) (string, func(*domain.Order, string) error, error) {
		lines, err := view.ReadLines(in.Body.Lines)
		return in.ID, func(o *domain.Order, _ string) error {
			planned, err := o.PlanShipment(domain.ShipRequest{Lines: lines, Policy: n.Policy})
			*preview = ShipmentPreview{
				Lines: view.Lines(o, planned.Units), Amount: view.Money(planned.Amount), Captured: view.Money(planned.Capture), Last: planned.Last,
				Effect: view.ShipEffect(planned), Version: o.Version(),
			}
			return err
		}, err
	})
	serve(api, handler, "refund", auth.ScopeOperator, map[string]int{
		refusals.RefundExceedsCaptured: http.StatusConflict, refusals.NoDebt: http.StatusConflict,
		refusals.RefundLimit: http.StatusForbidden, refusals.CurrencyMismatch: http.StatusUnprocessableEntity,
	}, func(_ context.Context, in *refundInput, preview *RefundPreview) (string, func(*domain.Order, string) error, error) {
		amount, retries, err := view.ReadRefund(in.Body)
		return in.ID, func(o *domain.Order, by string) error {
			planned, err := o.PlanRefund(domain.RefundRequest{Ask: domain.Ask{By: by}, Amount: amount, Retries: retries, Limit: n.RefundLimit})
			*preview = RefundPreview{Amount: view.Money(planned.Amount), Effect: view.RefundEffect(planned), Version: o.Version()}
			return err
		}, err
	})
}

// serve serves a preview; read reads the request and returns the order's id and the plan, which
// fills in the preview.
func serve[In, Body any](
	api *rest.API, handler cqrs.Handler[Query, Result], name string, scope string, refused map[string]int,
	read func(ctx context.Context, in *In, preview *Body) (id string, plan func(*domain.Order, string) error, err error),
) {
	op := rest.Op{
		Method: http.MethodPost, Path: "/v1/orders/{id}/" + name + "s/preview", ID: "preview-" + name, Tags: []string{"orders"}, Scope: scope,
		Summary:     "Preview a " + name,
		Description: "What this " + name + " would do now. Nothing is done. The ETag goes into If-Match of the " + name + ", which is then refused (412) when it would do something else.",
		Errors:      []int{http.StatusNotFound},
		Refusals:    map[string]int{refusals.SagaInProgress: http.StatusConflict, refusals.OrderSettled: http.StatusConflict},
	}
	maps.Copy(op.Refusals, refused)
	rest.Handle(api, op, func(ctx context.Context, in *In) (*output[Body], error) {
		var out output[Body]
		id, plan, err := read(ctx, in, &out.Body)
		if err != nil {
			return nil, err
		}
		order, err := handler.Handle(ctx, Query{ID: id, Plan: plan})
		switch {
		case err != nil:
			return nil, err
		case order == nil:
			return nil, view.NotFound()
		}
		out.ETag = rest.ETag(order.Version())
		return &out, nil
	})
}
