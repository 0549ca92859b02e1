// Package unavailable tells "not now" apart from every other error: something that is needed does
// not answer, and trying the same again later is right.
package unavailable

import (
	"context"
	"errors"
	"net"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/platform/postgres/outage"
)

// Error says that something is not available now.
type Error struct {
	// Message is what callers of a border may see: a sentence without its full stop, which the
	// cause may follow.
	Message string
	// Cause is for the log; nil when there is nothing more to say.
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

// Is tells whether trying again later is right: an Error, the end of a deadline, a connection that
// failed, a database that does not answer or takes no writes, a service that does not answer.
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

// stateChanges are the codes by which a MongoDB server says that it stops, is not the primary any
// more or not yet a secondary, or took too long (server/src/mongo/base/error_codes.yml).
var stateChanges = []int{50, 91, 189, 10107, 11600, 11602, 13435, 13436}

// ofMongoDB asks by what the driver's errors can tell, and not by their types: those would bring
// the driver into every program.
func ofMongoDB(err error) bool {
	var said interface {
		HasErrorLabel(label string) bool
		HasErrorCode(code int) bool
	}
	return errors.As(err, &said) && (said.HasErrorLabel("NetworkError") || slices.ContainsFunc(stateChanges, said.HasErrorCode))
}
