// Package unavailable distinguishes temporary errors from all others: a dependency does not work at
// the moment, and the call may be repeated later.
package unavailable

import (
	"context"
	"errors"
	"net"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/platform/postgres/outage"
)

// Error means that a dependency is not available at the moment.
type Error struct {
	// Message is what callers of the API may see: a sentence without its full stop.
	Message string
	// Cause is for the log; it may be nil.
	Cause error
}

// New makes an Error. The cause may be nil.
func New(message string, cause error) error { return &Error{Message: message, Cause: cause} }

func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.Cause.Error()
}

func (e *Error) Unwrap() error { return e.Cause }

// As finds the Error in an error's chain.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Is reports whether the call may be repeated later: after an Error, a passed deadline, a failed
// connection, and when a database or a service does not work at the moment.
func Is(err error) bool {
	if _, marked := As(err); marked {
		return true
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || outage.Is(err) {
		return true
	}
	var network net.Error
	if errors.As(err, &network) || ofMongoDB(err) {
		return true
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return true
	default:
		return false
	}
}
