package sagas

import (
	"errors"

	"go.temporal.io/sdk/temporal"

	"github.com/ordersaga/ordersaga/platform/refusal"
)

// RefusalError is a refusal as it passes through Temporal: a non-retryable
// application error whose type is the reason and whose detail is the refusal.
func RefusalError(r *refusal.Refusal) error {
	return temporal.NewApplicationErrorWithOptions(r.Message, r.Reason, temporal.ApplicationErrorOptions{
		NonRetryable: true,
		Details:      []any{r},
		Category:     temporal.ApplicationErrorCategoryBenign,
	})
}

// RefusalOf finds the refusal in an error that came through Temporal.
func RefusalOf(err error) (*refusal.Refusal, bool) {
	if r, ok := refusal.As(err); ok {
		return r, true
	}
	var application *temporal.ApplicationError
	if !errors.As(err, &application) || !application.NonRetryable() || !application.HasDetails() {
		return nil, false
	}
	var r *refusal.Refusal
	if application.Details(&r) != nil || r == nil || r.Reason != application.Type() {
		return nil, false
	}
	return r, true
}
