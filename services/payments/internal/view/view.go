// Package view shows an order's money in the contract's words.
package view

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider/nothingdue"
	"github.com/ordersaga/ordersaga/services/payments/internal/step"
)

// Payment is all of it.
func Payment(p *domain.Payment) *paymentsv1.GetPaymentResponse {
	shown := &paymentsv1.GetPaymentResponse{PaymentId: p.ID}
	for _, op := range p.Operations {
		switch op.Kind {
		case domain.Authorize:
			shown.Authorizations = append(shown.Authorizations, Authorization(p, op))
		case domain.Capture:
			shown.Captures = append(shown.Captures, Capture(p, op))
		case domain.Refund:
			shown.Refunds = append(shown.Refunds, Refund(op))
		case domain.Dispute:
			shown.Disputes = append(shown.Disputes, &paymentsv1.Dispute{
				Id: op.ID, CaptureId: op.Of, State: string(op.State), Amount: Money(op.Request.Money), Fee: op.Fee,
				ProviderReference: op.ProviderReference,
			})
		}
	}
	return shown
}

// Authorization is one with the parts that it has.
func Authorization(p *domain.Payment, op *domain.Operation) *paymentsv1.Authorization {
	books, state := p.Books(op), string(op.State)
	if op.State == domain.Authorized && p.Voiding(op) {
		state = "voiding"
	}
	shown := &paymentsv1.Authorization{
		Id: op.ID, Step: stepOf(op), State: state, Amount: Money(op.Request.Money),
		Open: books.Open, Captured: books.Captured, Voided: books.Voided, Expired: books.Expired,
		MultiCapture: op.MultiCapture, PartialVoid: op.PartialVoid,
		ChargeableAgain: op.StoredMethod != "" && op.Consent, ProviderReference: reference(op),
	}
	if !op.CaptureBefore.IsZero() {
		shown.CaptureBefore = timestamppb.New(op.CaptureBefore)
	}
	return shown
}

// Capture is one with what can be refunded of it.
func Capture(p *domain.Payment, op *domain.Operation) *paymentsv1.Capture {
	return &paymentsv1.Capture{
		Id: op.ID, Step: stepOf(op), AuthorizationId: op.Of, Shipment: op.Shipment, State: string(op.State),
		Amount: Money(op.Request.Money), Refundable: p.Room(op), FailureCode: op.DeclineCode, FailureMessage: op.DeclineMessage,
		ProviderReference: op.ProviderReference,
	}
}

// Refund is one of one capture.
func Refund(op *domain.Operation) *paymentsv1.Refund {
	return &paymentsv1.Refund{
		Id: op.ID, Step: stepOf(op), CaptureId: op.Of, Shipment: op.Shipment, State: string(op.State),
		Amount: Money(op.Request.Money), FailureCode: op.DeclineCode, FailureMessage: op.DeclineMessage,
		ProviderReference: op.ProviderReference,
	}
}

// Money is an amount.
func Money(m domain.Money) *commonv1.Money {
	return &commonv1.Money{Amount: m.Amount, Currency: m.Currency}
}

func stepOf(op *domain.Operation) *commonv1.Step {
	return &commonv1.Step{Saga: step.Saga(op.Step), Name: op.Step.Name}
}

// reference is the provider's name; what was free has none there.
func reference(op *domain.Operation) string {
	if op.ProviderReference == nothingdue.Reference {
		return ""
	}
	return op.ProviderReference
}
