package sagas

import (
	"errors"
	"strings"

	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
)

// Kinds of errors of a call: what operators group stuck sagas by.
const (
	// FailureUnreachable: the service did not answer.
	FailureUnreachable = "unreachable"
	// FailureUnavailable: the service answered that something it needs does not work, or that an
	// outcome is not known yet.
	FailureUnavailable = "unavailable"
	// FailureTimeout: there was no answer in time.
	FailureTimeout = "timeout"
	// FailureRefused: the service refused what must not be refused.
	FailureRefused = "refused"
	// FailureInternal: any other error, which is probably a mistake in a program.
	FailureInternal = "internal"
)

// ServiceOf returns the name of the service that a request is for: "payments" for a
// paymentsv1.VoidRequest. Empty for what is no message of a service.
func ServiceOf(request any) string {
	message, ok := request.(proto.Message)
	if !ok {
		return ""
	}
	parts := strings.Split(string(message.ProtoReflect().Descriptor().ParentFile().Package()), ".")
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}

// FailureError makes the error of a failed call in Temporal, which is retried: an application error
// whose type is the kind and whose detail is the failure.
func FailureError(failure *commonv1.Failure, err error) error {
	return temporal.NewApplicationErrorWithOptions(err.Error(), failure.GetKind(), temporal.ApplicationErrorOptions{
		Details: []any{failure},
	})
}

// FailureOf returns what is known of a failed call from its error in Temporal. The service is empty
// when the error does not have it.
func FailureOf(err error) *commonv1.Failure {
	if _, refused := RefusalOf(err); refused {
		return &commonv1.Failure{Kind: FailureRefused}
	}
	var application *temporal.ApplicationError
	if errors.As(err, &application) && application.HasDetails() {
		var failure *commonv1.Failure
		if application.Details(&failure) == nil && failure.GetKind() == application.Type() {
			return failure
		}
	}
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) {
		return &commonv1.Failure{Kind: FailureTimeout}
	}
	return &commonv1.Failure{Kind: FailureInternal}
}
