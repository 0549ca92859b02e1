// Package facts tells sagas what happened to an order's money, in the contract's words. The times
// are those at which the service learned it, by the clock of its database.
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
	fact := &commonv1.PaymentAuthorized{
		PaymentId: p.ID, ProviderReference: reference, Amount: money(op.Held),
		AuthorizationId: op.ID, MultiCapture: op.MultiCapture,
	}
	if !op.CaptureBefore.IsZero() {
		fact.CaptureBefore = timestamppb.New(op.CaptureBefore)
	}
	return []*commonv1.Fact{{
		At: timestamppb.New(op.AnsweredAt), Fact: &commonv1.Fact_PaymentAuthorized{PaymentAuthorized: fact},
	}}
}

// Undone are the facts of a step that was undone: that it was authorized, and that it was voided,
// as far as the one and the other happened. A saga that lost its memory learns from them what there
// was to undo.
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

// Closed is the fact of an authorization of which nothing is open any more: by a void of ours, or
// because the provider gave the rest back with the last capture or let it expire. There is none when
// all of it was captured, or nothing had been authorized.
func Closed(p *domain.Payment, authorization *domain.Operation) []*commonv1.Fact {
	at := authorization.AnsweredAt
	for _, op := range p.Operations {
		if (op.Kind == domain.Capture && op.Of == authorization.ID || op.Kind == domain.Void && op.Step == authorization.Step) && op.AnsweredAt.After(at) {
			at = op.AnsweredAt
		}
	}
	if books := p.Books(authorization); authorization.ProviderReference == "" || books.Voided+books.Expired == 0 {
		return nil
	}
	return []*commonv1.Fact{{
		At:   timestamppb.New(at),
		Fact: &commonv1.Fact_PaymentVoided{PaymentVoided: &commonv1.PaymentVoided{PaymentId: p.ID}},
	}}
}

// Captured is the fact of a capture that succeeded or was accepted, also when it failed since.
func Captured(p *domain.Payment, op *domain.Operation) []*commonv1.Fact {
	return []*commonv1.Fact{{
		At: timestamppb.New(op.AnsweredAt),
		Fact: &commonv1.Fact_PaymentCaptured{PaymentCaptured: &commonv1.PaymentCaptured{
			PaymentId: p.ID, CaptureId: op.ID, AuthorizationId: op.Of, ProviderReference: op.ProviderReference,
			Amount: money(op.Request.Money), Shipment: op.Shipment, Submitted: op.State == domain.Submitted,
		}},
	}}
}

// Refunded are the facts of a refund: for each capture, that it succeeded or was accepted, or that
// it failed.
func Refunded(p *domain.Payment, refunds []*domain.Operation) (facts []*commonv1.Fact) {
	for _, op := range refunds {
		fact := &commonv1.Fact{At: timestamppb.New(op.AnsweredAt)}
		if op.Moved() == nil {
			fact.Fact = &commonv1.Fact_PaymentRefunded{PaymentRefunded: &commonv1.PaymentRefunded{
				PaymentId: p.ID, RefundId: op.ID, CaptureId: op.Of, ProviderReference: op.ProviderReference,
				Amount: money(op.Request.Money), Submitted: op.State == domain.Submitted,
			}}
		} else {
			fact.Fact = &commonv1.Fact_PaymentRefundFailed{PaymentRefundFailed: &commonv1.PaymentRefundFailed{
				PaymentId: p.ID, RefundId: op.ID, CaptureId: op.Of, Amount: money(op.Request.Money), Code: op.DeclineCode,
			}}
		}
		facts = append(facts, fact)
	}
	return facts
}

// ByThemselves are the facts that no answer to a saga tells: captures and refunds that failed after
// they were accepted or made, and authorizations that ended without an undo. The order leaves alone
// what it knows.
func ByThemselves(p *domain.Payment) (facts []*commonv1.Fact) {
	for _, op := range p.Operations {
		fact := &commonv1.Fact{At: timestamppb.New(op.AnsweredAt)}
		failed := op.State == domain.Failed || op.State == domain.Reversed
		switch {
		case op.Kind == domain.Capture && failed && op.Accepted:
			failure := &commonv1.PaymentCaptureFailed{PaymentId: p.ID, CaptureId: op.ID, Amount: money(op.Request.Money), Code: op.DeclineCode}
			if authorization := p.ByID(op.Of); authorization != nil {
				failure.Open = authorization.Open
			}
			fact.Fact = &commonv1.Fact_PaymentCaptureFailed{PaymentCaptureFailed: failure}
		case op.Kind == domain.Refund && failed && op.Of != "":
			fact.Fact = &commonv1.Fact_PaymentRefundFailed{PaymentRefundFailed: &commonv1.PaymentRefundFailed{
				PaymentId: p.ID, RefundId: op.ID, CaptureId: op.Of, Amount: money(op.Request.Money), Code: op.DeclineCode,
			}}
		case op.Kind == domain.Authorize && ended(op.State) && p.Operation(op.Step, domain.Void) == nil:
			fact.Fact = &commonv1.Fact_AuthorizationEnded{AuthorizationEnded: &commonv1.AuthorizationEnded{
				PaymentId: p.ID, AuthorizationId: op.ID, State: string(op.State),
			}}
		default:
			continue
		}
		facts = append(facts, fact)
	}
	return facts
}

func ended(state domain.State) bool {
	return state == domain.Voided || state == domain.Expired || state == domain.Captured
}

func money(m domain.Money) *commonv1.Money {
	return &commonv1.Money{Amount: m.Amount, Currency: m.Currency}
}
