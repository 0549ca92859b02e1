package auditpayments

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

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

// examine compares each payment with its journal and with the provider's books. The provider is asked after the
// database was read: what happens in between looks like a contradiction for a moment, so the auditor asks again.
func (h *handler) examine(ctx context.Context, audited []store.Audited) ([]Payment, error) {
	payments := make([]Payment, len(audited))
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(questions)
	for i, a := range audited {
		payments[i] = Payment{
			OrderID: a.OrderID, Status: string(a.Status), Amount: a.Amount, Currency: a.Currency,
			Unfinished: a.Unfinished, Problems: contradictions(a),
		}
		if h.statements == nil || a.Reference == nothingdue.Reference {
			continue
		}
		all.Go(func() error {
			entries, err := h.statements.Statement(ctx, a.OrderID)
			if err != nil {
				return away{err}
			}
			payments[i].Problems = append(payments[i].Problems, disagreements(a, entries)...)
			return nil
		})
	}
	return payments, all.Wait()
}

// contradictions of a payment with its journal.
func contradictions(a store.Audited) (problems []string) {
	if a.Holding > 1 {
		problems = append(problems, fmt.Sprintf("%d steps of the journal hold money, at most one may", a.Holding))
	}
	switch authorized := a.Status == domain.PaymentAuthorized; {
	case authorized && a.Holding == 0:
		problems = append(problems, "it is authorized, and no step of the journal holds money")
	case !authorized && a.Holding > 0:
		problems = append(problems, fmt.Sprintf("it is %s, and a step of the journal holds money", a.Status))
	case authorized && a.HeldAmount != a.Amount:
		problems = append(problems, fmt.Sprintf("%d is due, and the journal holds %d", a.Amount, a.HeldAmount))
	}
	return problems
}

// disagreements of the journal with the provider's books. While a step is not finished, the provider may hold what the
// journal does not know of yet.
func disagreements(a store.Audited, entries []provider.Entry) (problems []string) {
	known := false
	for _, entry := range entries {
		switch {
		case !entry.Open:
		case entry.Key == a.HeldKey:
			known = true
			if entry.Amount != a.HeldAmount || entry.Currency != a.Currency {
				problems = append(problems, fmt.Sprintf("the provider holds %d %s under %s, the journal %d %s",
					entry.Amount, entry.Currency, entry.Reference, a.HeldAmount, a.Currency))
			}
		case a.Unfinished == 0:
			problems = append(problems, fmt.Sprintf("the provider holds %d %s under %s, of which the journal knows nothing",
				entry.Amount, entry.Currency, entry.Reference))
		}
	}
	if a.Holding > 0 && !known {
		problems = append(problems, "the journal holds money, the provider does not")
	}
	return problems
}

// away is an error that may pass: the provider does not answer.
type away struct{ error }

func (away) Unavailable() bool { return true }

func (a away) Unwrap() error { return a.error }
