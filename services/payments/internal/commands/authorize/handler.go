// Package authorize holds an order's amount at the payment provider.
package authorize

import (
	"context"
	"errors"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/unavailable"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/journal"
)

// Request to authorize, as one step of a saga.
type Request struct {
	Step          domain.Step
	Request       domain.Request
	PaymentMethod string // the provider's token
}

// NewHandler makes the use case. It refuses payment_declined, step_undone and request_mismatch, and is unavailable
// while the outcome is not known: asked again it finds out, and never charges twice.
func NewHandler(j *journal.Journal) cqrs.Handler[Request, *domain.Payment] {
	return cqrs.Command("authorize_payment", cqrs.HandlerFunc[Request, *domain.Payment](
		func(ctx context.Context, req Request) (*domain.Payment, error) {
			done, err := j.Authorize(ctx, req.Step, req.Request, req.PaymentMethod)
			return done, translate(err)
		}))
}

// translate puts the domain's errors into the contract's words.
func translate(err error) error {
	var declined *domain.DeclinedError
	switch {
	case errors.As(err, &declined):
		return refusal.New(refusals.PaymentDeclined, declined.Message, refusals.DeclinedDetails{DeclineCode: declined.Code})
	case errors.Is(err, domain.ErrUndone):
		return refusal.New(refusals.StepUndone, "The payment was undone and cannot be authorized any more.", nil)
	case errors.Is(err, domain.ErrOtherRequest):
		return refusal.New(refusals.RequestMismatch, "The step was asked for before with another amount, customer or payment method.", nil)
	case errors.Is(err, domain.ErrUnknown):
		return unavailable.New(err.Error(), nil)
	default:
		return err
	}
}
