// Package refused turns the errors of the journal into the contract's refusals.
package refused

import (
	"errors"
	"fmt"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/unavailable"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// Of is the refusal that an error of the journal stands for; unavailable while the outcome is not
// known; or the error itself.
func Of(err error) error { return OfAmount(err, "", "") }

// OfAmount is Of for a request of an amount: one that exceeds what is left is refused with a reason,
// in a sentence with %s for what is left.
func OfAmount(err error, reason, sentence string) error {
	var (
		declined *domain.DeclinedError
		failed   *domain.FailedError
		ended    *domain.EndedError
		exceeds  *domain.ExceedsError
	)
	switch {
	case errors.As(err, &exceeds) && reason != "":
		return refusal.New(reason, fmt.Sprintf(sentence, exceeds.Left()),
			refusals.AmountLeftDetails{Amount: exceeds.Room.Amount, Currency: exceeds.Room.Currency})
	case errors.As(err, &declined):
		return refusal.New(refusals.PaymentDeclined, declined.Message, refusals.DeclinedDetails{DeclineCode: declined.Code})
	case errors.As(err, &failed):
		return refusal.New(refusals.CaptureFailed, failed.Message, refusals.DeclinedDetails{DeclineCode: failed.Code})
	case errors.As(err, &ended):
		return refusal.New(refusals.AuthorizationEnded, "Nothing can be captured any more: "+ended.Error()+".",
			refusals.AuthorizationEndedDetails{State: string(ended.State)})
	case errors.Is(err, domain.ErrNoAuthorization):
		return refusal.New(refusals.AuthorizationUnknown, "The order has no such authorization.", nil)
	case errors.Is(err, domain.ErrOtherCurrency):
		return refusal.New(refusals.AuthorizationUnknown, "The order has no such authorization in this currency.", nil)
	case errors.Is(err, domain.ErrUndone):
		return refusal.New(refusals.StepUndone, "The payment was undone and cannot be authorized any more.", nil)
	case errors.Is(err, domain.ErrOtherRequest):
		return refusal.New(refusals.RequestMismatch,
			"The step was asked for before with another request: another amount, customer, payment method, authorization or shipment.", nil)
	case errors.Is(err, domain.ErrUnknown):
		return unavailable.New(err.Error(), nil)
	default:
		return err
	}
}
