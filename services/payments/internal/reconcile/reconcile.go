// Package reconcile compares the journal with the payment provider's books.
package reconcile

import (
	"fmt"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider/nothingdue"
)

// Statement lists the differences between an order's journal and all that the provider has of the
// order. What is on its way is left out: the provider may know more of it than the journal, or
// less.
func Statement(p *domain.Payment, entries []provider.Entry) (problems []string) {
	told := map[*domain.Operation]bool{}
	for _, entry := range entries {
		if problem := Entry(p, entry); problem != "" {
			problems = append(problems, problem)
		}
		if op := find(p, entry); op != nil {
			told[op] = true
		}
	}
	for _, op := range p.Operations {
		if told[op] || !settled(p, op) || op.Request.Amount == 0 || op.ProviderReference == nothingdue.Reference {
			continue
		}
		switch {
		case op.Kind == domain.Authorize && op.State == domain.Authorized:
			problems = append(problems, "the journal holds money, the provider does not")
		case op.Kind == domain.Capture && op.State == domain.Succeeded, op.Kind == domain.Refund && op.State == domain.Succeeded,
			op.Kind == domain.Dispute:
			problems = append(problems, fmt.Sprintf("the journal has a %s of %s under %q, the provider has none", op.Kind, op.Request.Text(), op.ProviderReference))
		}
	}
	return problems
}

// Entry says how a record of the provider differs from the journal; empty when it does not. The
// payment is nil when the journal has none of the order.
func Entry(p *domain.Payment, entry provider.Entry) string {
	if p == nil {
		p = &domain.Payment{}
	}
	op := find(p, entry)
	switch {
	case entry.Unclear != "":
		return entry.Unclear
	case op == nil && entry.What == domain.Authorize && entry.Taken():
		return fmt.Sprintf("the provider holds %s under %s, of which the journal knows nothing", entry.Text(), entry.Reference)
	case op == nil && entry.What != domain.Authorize && entry.Kind != provider.Failed:
		return fmt.Sprintf("the provider has a %s of %s under %s, of which the journal knows nothing", entry.What, entry.Text(), entry.Reference)
	case op == nil || !settled(p, op):
		return ""
	case entry.What == domain.Authorize:
		return authorization(p, op, entry)
	case op.Request.Money != entry.Money || op.Kind == domain.Dispute && op.Fee != entry.Fee:
		return fmt.Sprintf("the provider has a %s of %s under %s, the journal one of %s", entry.What, entry.Text(), entry.Reference, op.Request.Text())
	case same(op) != entry.Kind:
		return fmt.Sprintf("the %s of %s under %s is %s at the provider, %s in the journal", entry.What, entry.Text(), entry.Reference, entry.Kind, op.State)
	default:
		return ""
	}
}

// authorization compares what is open of one, and what was captured.
func authorization(p *domain.Payment, op *domain.Operation, entry provider.Entry) string {
	books := p.Books(op)
	switch {
	case !entry.Taken() && books.Open+books.Captured == 0:
		return ""
	case !entry.Taken() && op.State == domain.Authorized && books.Captured == 0:
		return "the journal holds money, the provider does not"
	case entry.Money != op.Held && op.State != domain.Declined && op.State != domain.Absent:
		return fmt.Sprintf("the provider holds %s under %s, the journal %s", entry.Text(), entry.Reference, op.Held.Text())
	case entry.Open != books.Open || entry.Captured != books.Captured:
		return fmt.Sprintf("of %s the provider has %d open and %d captured, the journal %d and %d",
			entry.Reference, entry.Open, entry.Captured, books.Open, books.Captured)
	default:
		return ""
	}
}

// same is the kind of fact that an operation's state stands for.
func same(op *domain.Operation) provider.Kind {
	if op.State == domain.Reversed {
		return provider.Failed
	}
	return provider.Kind(op.State)
}

// settled tells whether nothing is on its way for an operation, or for those of an authorization.
func settled(p *domain.Payment, op *domain.Operation) bool {
	if op.State == domain.Sending {
		return false
	}
	if op.Kind != domain.Authorize {
		return true
	}
	if undo := p.Operation(op.Step, domain.Void); undo != nil && (undo.State == domain.Sending || undo.State == domain.Waiting) {
		return false
	}
	for _, other := range p.Operations {
		if other.Of == op.ID && other.State == domain.Sending {
			return false
		}
	}
	return true
}

// find is the operation that a record is of: by its key or, of a dispute, by its name.
func find(p *domain.Payment, entry provider.Entry) *domain.Operation {
	for _, op := range p.Operations {
		if op.Kind == entry.What && (entry.Key != "" && op.Key == entry.Key || entry.What == domain.Dispute && op.ProviderReference == entry.Reference) {
			return op
		}
	}
	return nil
}
