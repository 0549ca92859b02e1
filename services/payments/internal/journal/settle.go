package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ordersaga/ordersaga/platform/unavailable"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
)

// DisagreesError means that the provider's books do not have what an operator said they have.
type DisagreesError struct{ Why string }

func (e *DisagreesError) Error() string { return e.Why }

// Settle takes over the outcome of a step that is not known from the provider's books, by the
// reference under which an operator found it there. Only a record of this order, with this step's
// key and amount, is taken over. The error is a DisagreesError when there is none. A step whose
// outcome is known does not change.
func (j *Journal) Settle(ctx context.Context, books provider.Statements, step domain.Step, reference string) error {
	payment, err := j.store.Payment(ctx, step.OrderID)
	if errors.Is(err, store.ErrNoPayment) {
		return &DisagreesError{"nothing was asked of the payment provider for this order"}
	}
	if err != nil {
		return err
	}
	if books == nil {
		return &DisagreesError{"the payment provider does not tell what it has for an order"}
	}
	entries, err := books.Statement(ctx, step.OrderID)
	if err != nil {
		return unavailable.New("The payment provider's books cannot be read", fmt.Errorf("order %s: %w", step.OrderID, err))
	}
	at := slices.IndexFunc(entries, func(e provider.Entry) bool { return e.Reference == reference })
	if at < 0 {
		return &DisagreesError{fmt.Sprintf("the payment provider has nothing under %q for this order", reference)}
	}
	entry := entries[at]
	if op := requested(payment, step, entry); op == nil {
		return &DisagreesError{fmt.Sprintf("what the payment provider has under %q is of another request", reference)}
	}
	if err := j.observe(ctx, payment, entries[at:at+1]); err != nil {
		return err
	}
	if payment, err = j.store.Payment(ctx, step.OrderID); err != nil {
		return err
	}
	if op := requested(payment, step, entry); op.State == domain.Sending {
		return &DisagreesError{fmt.Sprintf("what the payment provider has under %q is not what was asked for: %s", reference, op.Problem)}
	}
	return nil
}

// requested returns the step's operation that a record is of, or nil.
func requested(payment *domain.Payment, step domain.Step, entry provider.Entry) *domain.Operation {
	for _, op := range payment.Operations {
		if op.Step == step && op.Kind == entry.What && op.Key == entry.Key {
			return op
		}
	}
	return nil
}
