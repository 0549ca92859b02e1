package journal

import (
	"context"
	"errors"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

// carryOut calls the provider and says what came of it.
func (j *Journal) carryOut(ctx context.Context, payment *domain.Payment, task domain.Task, paymentMethod string) domain.Finding {
	order, op := task.Step.OrderID, payment.Doing(task)
	switch {
	case task.Kind == domain.Capture && task.Action == domain.Send:
		return toFinding(j.provider.Capture(ctx, provider.Capture{
			Key: op.Key, OrderID: order, Authorization: payment.ByID(op.Of).ProviderReference, Money: op.Request.Money, Final: op.Final,
		}))
	case task.Kind == domain.Refund && task.Action == domain.Send:
		return toFinding(j.provider.Refund(ctx, provider.Refund{
			Key: op.Key, OrderID: order, Capture: payment.ByID(op.Of).ProviderReference, Money: op.Request.Money,
		}))
	case task.Action == domain.LookUp && task.Kind == domain.Void: // it is the authorization that tells
		return toFinding(j.provider.Lookup(ctx, order, payment.Operation(task.Step, domain.Authorize).Key))
	case task.Action == domain.LookUp:
		return toFinding(j.provider.Lookup(ctx, order, op.Key))
	case task.Kind == domain.Void:
		authorization := payment.Operation(task.Step, domain.Authorize)
		return toFinding(j.provider.Void(ctx, op.Key,
			provider.Held{OrderID: order, Reference: authorization.ProviderReference, Money: authorization.Held}))
	default:
		return toFinding(j.provider.Authorize(ctx, provider.Authorization{
			Key: op.Key, OrderID: order, Money: op.Request.Money, PaymentMethod: paymentMethod,
		}))
	}
}

func toFinding(fact provider.Fact, err error) domain.Finding {
	var unclear *provider.UnclearError
	switch {
	case errors.As(err, &unclear):
		return domain.Finding{Kind: domain.Unclear, Err: err}
	case err != nil:
		return domain.Finding{Kind: domain.NoFact, Err: err}
	}
	return domain.Finding{
		Kind:    domain.FindingKind(fact.Kind),
		OrderID: fact.OrderID, Key: fact.Key, Reference: fact.Reference, Money: fact.Money, Terms: fact.Terms,
		Open: fact.Open, Captured: fact.Captured, Ended: domain.FindingKind(fact.Ended),
		DeclineCode: fact.DeclineCode, DeclineMessage: fact.DeclineMessage,
	}
}
