// Package facts tells sagas what happened to an order's money, in the contract's words. The times are
// those at which the service learned it, by the clock of its database.
package facts

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider/nothingdue"
)

// Authorized are the facts of a step that was authorized.
func Authorized(p *domain.Payment, step domain.Step) []*commonv1.Fact {
	op := p.Operation(step, domain.Authorize)
	if op == nil || op.ProviderReference == "" {
		return nil
	}
	reference := op.ProviderReference
	if reference == nothingdue.Reference {
		reference = ""
	}
	return []*commonv1.Fact{{
		At: timestamppb.New(op.AnsweredAt),
		Fact: &commonv1.Fact_PaymentAuthorized{PaymentAuthorized: &commonv1.PaymentAuthorized{
			PaymentId: p.ID, ProviderReference: reference,
			Amount: &commonv1.Money{Amount: op.Held.Amount, Currency: op.Held.Currency},
		}},
	}}
}

// Undone are the facts of a step that was undone: that it was authorized, and that it was voided, as
// far as the one and the other happened. A saga that lost its memory learns from them what there was
// to undo.
func Undone(p *domain.Payment, step domain.Step) []*commonv1.Fact {
	found := Authorized(p, step)
	if undo := p.Operation(step, domain.Void); undo.State == domain.Succeeded {
		found = append(found, &commonv1.Fact{
			At:   timestamppb.New(undo.AnsweredAt),
			Fact: &commonv1.Fact_PaymentVoided{PaymentVoided: &commonv1.PaymentVoided{PaymentId: p.ID}},
		})
	}
	return found
}
