package auditpayments

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/ordersaga/ordersaga/platform/unavailable"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider/nothingdue"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
)

// questions asked of the provider at once.
const questions = 16

type handler struct {
	store      *store.Store
	statements provider.Statements
}

// examine compares each payment with the provider's books. The provider is asked after the database was read: what
// happens in between looks like a contradiction for a moment, so the auditor asks again.
func (h *handler) examine(ctx context.Context, audited []*domain.Payment) ([]Payment, error) {
	payments := make([]Payment, len(audited))
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(questions)
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

// problems that the journal itself tells of.
func problems(p *domain.Payment) (problems []string) {
	for _, op := range p.Operations {
		if op.Problem != "" {
			problems = append(problems, fmt.Sprintf("%s of step %s: %s", op.Kind, op.Step.Name, op.Problem))
		}
	}
	return problems
}

// disagreements of the journal with the provider's books. While a step is not finished, the provider may hold what the
// journal does not know of yet.
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
		case !entry.Open:
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
