// Package auditpayments tells an auditor where every order's money is: by the payment, by its journal, and by the
// provider's own books where it can be asked.
package auditpayments

import (
	"context"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
)

// timeout of a page: the provider is asked for each of its orders.
const timeout = 50 * time.Second

type input struct {
	Orders []string    `query:"orders" maxItems:"100" doc:"Only these orders, by id; those without a payment are left out."`
	Limit  int         `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Payments on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Page of payments, in the order of their orders' ids.
type Page struct {
	Payments   []Payment   `json:"payments" nullable:"false"`
	Reconciled bool        `json:"reconciled" doc:"whether the provider can tell what it did, and was asked"`
	Next       rest.Cursor `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

// Payment is an order's payment.
type Payment struct {
	OrderID    string   `json:"order_id" format:"uuid"`
	Status     string   `json:"status" enum:"none,pending,authorized,captured,declined,voiding,voided"`
	Amount     int64    `json:"amount" doc:"In minor units; what is held, or what was asked for last when nothing is."`
	Currency   string   `json:"currency,omitempty"`
	Unfinished int      `json:"unfinished" doc:"Authorizations whose outcome or undo is not known yet."`
	Problems   []string `json:"problems,omitempty" doc:"What an operator has to look at, and how journal and provider contradict each other."`
}

type output struct{ Body Page }

// position is the last order of a page.
type position struct {
	OrderID string `json:"order_id"`
}

const list = "audit-payments"

// Route serves the query as GET /v1/audit/payments. Statements are the provider's; nil when it has none.
func Route(api *rest.API, s *store.Store, statements provider.Statements) {
	h := &handler{store: s, statements: statements}
	query := cqrs.Query("audit_payments", cqrs.HandlerFunc[input, Page](h.page))
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/audit/payments", ID: "audit-payments",
		Summary:     "Audit the payments",
		Description: "Every payment with its journal added up, reconciled with the payment provider's books, page by page.",
		Tags:        []string{"audit"}, Scope: auth.ScopeOperator, Timeout: timeout,
	}, func(ctx context.Context, in *input) (*output, error) {
		page, err := query.Handle(ctx, *in)
		if err != nil {
			return nil, err
		}
		return &output{Body: page}, nil
	})
}

func (h *handler) page(ctx context.Context, in input) (Page, error) {
	audited, next, err := h.read(ctx, in)
	if err != nil {
		return Page{}, err
	}
	page := Page{Reconciled: h.statements != nil, Next: next}
	page.Payments, err = h.examine(ctx, audited)
	return page, err
}

func (h *handler) read(ctx context.Context, in input) (audited []*domain.Payment, next rest.Cursor, err error) {
	if len(in.Orders) > 0 {
		audited, err = h.store.Payments(ctx, rest.UUIDs(in.Orders))
		return audited, "", err
	}
	return rest.Page(ctx, list, in.Cursor, in.Limit,
		func(after position, limit int) ([]*domain.Payment, error) {
			return h.store.Page(ctx, after.OrderID, limit)
		},
		func(p *domain.Payment) position { return position{OrderID: p.OrderID} })
}
