package journal

import (
	"context"
	"errors"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

// carryOut calls the provider and says what came of it.
func (j *Journal) carryOut(ctx context.Context, payment *domain.Payment, task domain.Task, paymentMethod string) domain.Finding {
	op := payment.Operation(task.Step, domain.Authorize)
	switch {
	case task.Action == domain.LookUp:
		return finding(j.provider.Lookup(ctx, task.Step.OrderID, op.Key))
	case task.Kind == domain.Void:
		return finding(j.provider.Void(ctx, payment.Operation(task.Step, domain.Void).Key,
			provider.Held{OrderID: task.Step.OrderID, Reference: op.ProviderReference, Money: op.Held}))
	default:
		return finding(j.provider.Authorize(ctx, provider.Authorization{
			Key: op.Key, OrderID: task.Step.OrderID, Money: op.Request.Money, PaymentMethod: paymentMethod,
		}))
	}
}

func finding(fact provider.Fact, err error) domain.Finding {
	var unclear *provider.UnclearError
	switch {
	case errors.As(err, &unclear):
		return domain.Finding{Kind: domain.Unclear, Err: err}
	case err != nil:
		return domain.Finding{Kind: domain.Failed, Err: err}
	}
	return domain.Finding{
		Kind:    domain.FindingKind(fact.Kind),
		OrderID: fact.OrderID, Key: fact.Key, Reference: fact.Reference, Money: fact.Money, Terms: fact.Terms,
		DeclineCode: fact.DeclineCode, DeclineMessage: fact.DeclineMessage,
	}
}
