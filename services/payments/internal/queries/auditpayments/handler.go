// Package auditpayments reports to an auditor the state of every order's payment: the payment, its
// journal, and the provider's statement where the provider has one.
package auditpayments

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/unavailable"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider/nothingdue"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
)

// concurrency bounds the requests to the provider at the same time.
const concurrency = 16

// Query asks for a page of payments, or for those of some orders.
type Query struct {
	Orders []string    `query:"orders" maxItems:"100" doc:"Only these orders, by id; those without a payment are left out."`
	Limit  int         `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"Payments on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Result is the page, in the order of the orders' ids.
type Result struct {
	Payments   []Payment
	Reconciled bool        // whether the provider has statements, and was asked for them
	Next       rest.Cursor // empty on the last page
}

// position is the last order of a page.
type position struct {
	OrderID string `json:"order_id"`
}

// New makes the use case. Statements are the provider's, nil when it has none.
func New(s *store.Store, statements provider.Statements) cqrs.Handler[Query, Result] {
	return cqrs.Query("audit_payments", (&handler{store: s, statements: statements}).Handle)
}

type handler struct {
	store      *store.Store
	statements provider.Statements
}

// Handle reads a page of payments and compares it with the provider's statements.
func (h *handler) Handle(ctx context.Context, query Query) (Result, error) {
	audited, next, err := h.read(ctx, query)
	if err != nil {
		return Result{}, err
	}
	result := Result{Reconciled: h.statements != nil, Next: next}
	result.Payments, err = h.examine(ctx, audited)
	return result, err
}

func (h *handler) read(ctx context.Context, query Query) (audited []*domain.Payment, next rest.Cursor, err error) {
	if len(query.Orders) > 0 {
		audited, err = h.store.Payments(ctx, rest.UUIDs(query.Orders))
		return audited, "", err
	}
	return rest.Page(ctx, "audit-payments", query.Cursor, query.Limit,
		func(after position, limit int) ([]*domain.Payment, error) {
			return h.store.Page(ctx, after.OrderID, limit)
		},
		func(p *domain.Payment) position { return position{OrderID: p.OrderID} })
}

// examine compares each payment with the provider's statement. The provider is asked after the
// database was read: a change in between shows as a contradiction until the auditor asks again.
func (h *handler) examine(ctx context.Context, audited []*domain.Payment) ([]Payment, error) {
	payments := make([]Payment, len(audited))
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(concurrency)
	for i, p := range audited {
		is := p.Summary()
		payments[i] = Payment{
			OrderID: p.OrderID, Status: string(is.Status), Amount: is.Amount, Currency: is.Currency,
			Unfinished: is.Unfinished, Problems: problems(p),
		}
		if h.statements == nil || is.ProviderReference == nothingdue.Reference {
			continue
		}
		all.Go(func() error {
			entries, err := h.statements.Statement(ctx, p.OrderID)
			if err != nil {
				return unavailable.New("The payment provider does not answer", err)
			}
			payments[i].Problems = append(payments[i].Problems, disagreements(p, is, entries)...)
			return nil
		})
	}
	return payments, all.Wait()
}

// problems lists those that the journal records.
func problems(p *domain.Payment) (problems []string) {
	for _, op := range p.Operations {
		if op.Problem != "" {
			problems = append(problems, fmt.Sprintf("%s of step %s: %s", op.Kind, op.Step.Name, op.Problem))
		}
	}
	return problems
}

// disagreements lists where the journal and the provider's statement differ. While a step is
// unfinished, the provider may hold an amount that the journal has not recorded yet.
func disagreements(p *domain.Payment, is domain.Summary, entries []provider.Entry) (problems []string) {
	held := map[string]*domain.Operation{} // by idempotency key
	for _, op := range p.Operations {
		if op.State == domain.Authorized && p.Operation(op.Step, domain.Void) == nil {
			held[op.Key] = op
		}
	}
	for _, entry := range entries {
		op := held[entry.Key]
		switch {
		case !entry.Taken():
		case op != nil:
			delete(held, entry.Key)
			if entry.Money != op.Held {
				problems = append(problems, fmt.Sprintf("the provider holds %s under %s, the journal %s", entry.Text(), entry.Reference, op.Held.Text()))
			}
		case is.Unfinished == 0:
			problems = append(problems, fmt.Sprintf("the provider holds %s under %s, of which the journal knows nothing", entry.Text(), entry.Reference))
		}
	}
	for range held {
		problems = append(problems, "the journal holds money, the provider does not")
	}
	return problems
}
