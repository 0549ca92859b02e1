// Package auditpayments reports to an auditor the state of every order's payment: the payment, its
// journal, and the provider's statement where the provider has one.
package auditpayments

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/unavailable"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider/nothingdue"
	"github.com/ordersaga/ordersaga/services/payments/internal/reconcile"
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

// position is the last order of a page.
type position struct {
	OrderID string `json:"order_id"`
}

// New makes the use case. Statements are the provider's, nil when it has none.
func New(s *store.Store, statements provider.Statements) cqrs.Handler[Query, Page] {
	return cqrs.Query("audit_payments", (&handler{store: s, statements: statements}).Handle)
}

type handler struct {
	store      *store.Store
	statements provider.Statements
}

// Handle reads a page of payments and compares it with the provider's statements.
func (h *handler) Handle(ctx context.Context, query Query) (Page, error) {
	audited, next, err := h.read(ctx, query)
	if err != nil {
		return Page{}, err
	}
	result := Page{Reconciled: h.statements != nil, Next: next}
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

// examine compares each payment with its ledger and with the provider's statement. The provider is
// asked after the database was read: a change in between shows as a contradiction until the auditor
// asks again.
func (h *handler) examine(ctx context.Context, audited []*domain.Payment) ([]AuditPayment, error) {
	orders := make([]string, len(audited))
	for i, p := range audited {
		orders[i] = p.OrderID
	}
	ledgers, err := h.ledgers(ctx, orders)
	if err != nil {
		return nil, err
	}
	untold, err := h.store.UntoldOf(ctx, orders)
	if err != nil {
		return nil, err
	}
	payments := make([]AuditPayment, len(audited))
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(concurrency)
	for i, p := range audited {
		payments[i] = represent(p, ledgers[p.OrderID])
		payments[i].Untold = untold[p.OrderID]
		if h.statements == nil || !askable(p) {
			continue
		}
		all.Go(func() error {
			entries, err := h.statements.Statement(ctx, p.OrderID)
			if err != nil {
				return unavailable.New("The payment provider does not answer", err)
			}
			payments[i].Problems = append(payments[i].Problems, reconcile.Statement(p, entries)...)
			return nil
		})
	}
	return payments, all.Wait()
}

// askable tells whether the provider can know of a payment: of what was free it was never asked.
func askable(p *domain.Payment) bool {
	return slices.ContainsFunc(p.Operations, func(op *domain.Operation) bool {
		return op.ProviderReference != nothingdue.Reference
	})
}

// balance names a sum of the ledger.
type balance struct {
	currency string
	account  domain.Account
}

// ledgers adds up the ledger of each order.
func (h *handler) ledgers(ctx context.Context, orders []string) (map[string]map[balance]int64, error) {
	sums, err := h.store.Balances(ctx, orders)
	if err != nil {
		return nil, err
	}
	ledgers := map[string]map[balance]int64{}
	for _, sum := range sums {
		if ledgers[sum.OrderID] == nil {
			ledgers[sum.OrderID] = map[balance]int64{}
		}
		ledgers[sum.OrderID][balance{sum.Currency, sum.Account}] = sum.Amount
	}
	return ledgers, nil
}

// represent adds a payment up, and lists what contradicts itself.
func represent(p *domain.Payment, ledger map[balance]int64) AuditPayment {
	is := p.Summary()
	shown := AuditPayment{
		OrderID: p.OrderID, Status: string(is.Status), Amount: is.Amount, Currency: is.Currency, Unfinished: is.Unfinished,
		Authorized: is.Authorized, Open: is.Open, Capturing: is.Capturing, Captured: is.Captured, Voided: is.Voided, Expired: is.Expired,
		Refunding: is.Refunding, Refunded: is.Refunded, Disputed: is.Disputed, Fees: is.Fees, Kept: is.Kept,
		ProviderBalance: ledger[balance{is.Currency, domain.Provider}],
		Problems:        problems(p),
	}
	folded := map[balance]int64{}
	for currency, accounts := range p.Balances() {
		for account, amount := range accounts {
			folded[balance{currency, account}] = amount
		}
	}
	keys := slices.AppendSeq(slices.Collect(maps.Keys(folded)), maps.Keys(ledger))
	slices.SortFunc(keys, func(a, b balance) int {
		return cmp.Or(cmp.Compare(a.currency, b.currency), cmp.Compare(a.account, b.account))
	})
	for _, key := range slices.Compact(keys) {
		if folded[key] != ledger[key] {
			shown.Problems = append(shown.Problems, fmt.Sprintf("the ledger has %d %s in the account %s, the journal makes it %d",
				ledger[key], key.currency, key.account, folded[key]))
		}
	}
	return shown
}

// problems lists those that the journal records, and parts that are less than nothing.
func problems(p *domain.Payment) (problems []string) {
	for _, op := range p.Operations {
		if op.Problem != "" {
			problems = append(problems, fmt.Sprintf("%s of step %s: %s", op.Kind, op.Step.Name, op.Problem))
		}
		if op.Kind == domain.Capture && p.Given(op) > op.Request.Amount {
			problems = append(problems, fmt.Sprintf("%d of capture %s of %d were refunded or disputed", p.Given(op), op.ID, op.Request.Amount))
		}
		if op.Kind != domain.Authorize {
			continue
		}
		if b := p.Books(op); min(b.Open, b.Captured, b.Voided, b.Expired) < 0 {
			problems = append(problems, fmt.Sprintf("authorization %s of %d: %d open, %d captured, %d voided and %d expired are not its parts",
				op.ID, b.Authorized, b.Open, b.Captured, b.Voided, b.Expired))
		}
	}
	return problems
}
