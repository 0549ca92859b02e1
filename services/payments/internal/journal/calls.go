package journal

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

// carryOut calls the provider and says what came of it.
func (j *Journal) carryOut(ctx context.Context, op *domain.Operation, next domain.Action, paymentMethod string) domain.Finding {
	r := op.Record()
	switch next {
	case domain.Send:
		fact, err := j.provider.Authorize(ctx, provider.Authorization{
			Key: r.Key, OrderID: r.Step.OrderID,
			Amount: r.Request.Amount, Currency: r.Request.Currency, PaymentMethod: paymentMethod,
		})
		return finding(fact, err, domain.NoAnswer)
	case domain.LookUp:
		fact, err := j.provider.Lookup(ctx, r.Step.OrderID, r.Key)
		return finding(fact, err, domain.LookupFailed)
	default: // domain.GiveBack
		fact, err := j.provider.Void(ctx, op.VoidKey(), r.ProviderReference)
		return finding(fact, err, domain.VoidFailed)
	}
}

// finding translates a fact of the provider's; without one it is a failure of the given kind.
func finding(fact provider.Fact, err error, failure domain.FindingKind) domain.Finding {
	if err != nil {
		return domain.Finding{Kind: failure, Err: err}
	}
	switch fact.Kind {
	case provider.Authorized:
		return domain.Finding{Kind: domain.FoundAuthorized, ProviderReference: fact.Reference}
	case provider.Declined:
		return domain.Finding{Kind: domain.FoundDeclined, DeclineCode: fact.DeclineCode, DeclineMessage: fact.DeclineMessage}
	case provider.Voided:
		return domain.Finding{Kind: domain.FoundVoided, ProviderReference: fact.Reference}
	case provider.NotFound:
		return domain.Finding{Kind: domain.NotFound}
	default:
		return domain.Finding{Kind: failure, Err: fmt.Errorf("the provider's answer %q is not known here", fact.Kind)}
	}
}
