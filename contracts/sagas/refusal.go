package sagas

import (
	"encoding/json"
	"errors"

	"go.temporal.io/sdk/temporal"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// RefusalError makes the error of a refusal in Temporal: a non-retryable application error whose
// type is the reason and whose detail is the refusal.
func RefusalError(r *refusal.Refusal) error {
	return temporal.NewApplicationErrorWithOptions(r.Message, r.Reason, temporal.ApplicationErrorOptions{
		NonRetryable: true,
		Details:      []any{RefusalMessage(r)},
		Category:     temporal.ApplicationErrorCategoryBenign,
	})
}

// RefusalOf returns the refusal in an error of Temporal.
func RefusalOf(err error) (*refusal.Refusal, bool) {
	if r, ok := refusal.As(err); ok {
		return r, true
	}
	var application *temporal.ApplicationError
	if !errors.As(err, &application) || !application.NonRetryable() || !application.HasDetails() {
		return nil, false
	}
	var message *commonv1.Refusal
	if application.Details(&message) != nil || message.GetReason() == "" || message.GetReason() != application.Type() {
		return nil, false
	}
	return FromMessage(message), true
}

// RefusalMessage makes the message of a refusal; nil for nil.
func RefusalMessage(r *refusal.Refusal) *commonv1.Refusal {
	if r == nil {
		return nil
	}
	return &commonv1.Refusal{Reason: r.Reason, Message: r.Message, Details: string(r.Details)}
}

// FromMessage reads a refusal from a message; nil for nil. Details that are no JSON are left out.
func FromMessage(message *commonv1.Refusal) *refusal.Refusal {
	if message == nil {
		return nil
	}
	r := &refusal.Refusal{Reason: message.GetReason(), Message: message.GetMessage()}
	if details := []byte(message.GetDetails()); json.Valid(details) {
		r.Details = details
	}
	return r
}
