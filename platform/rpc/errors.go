package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/postgres/outage"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// domain is the google.rpc.ErrorInfo domain that marks a refusal of ours among
// other preconditions that failed.
const domain = "ordersaga"

// UnavailableError says that something this service needs is away for now:
// trying the same again later is right.
type UnavailableError struct {
	// Message is one sentence that callers may see.
	Message string
}

// Unavailable makes an UnavailableError.
func Unavailable(message string) error { return &UnavailableError{Message: message} }

func (e *UnavailableError) Error() string { return e.Message }

// Unavailable marks the error for borders, which answer "try again later".
func (e *UnavailableError) Unavailable() bool { return true }

// ToStatus is the gRPC status that an error crosses the border as:
//
//   - a refusal is FAILED_PRECONDITION with google.rpc.ErrorInfo, its details
//     as JSON in the metadata, unless they are larger than 5,000 bytes;
//   - a cancelled or expired context is CANCELLED or DEADLINE_EXCEEDED;
//   - an UnavailableError, an issuer that is away, or a database that does not
//     work just now, is UNAVAILABLE;
//   - an error that is a status already passes;
//   - anything else is INTERNAL without its text, which belongs in the log.
func ToStatus(err error) error {
	if err == nil {
		return nil
	}
	if r, ok := refusal.As(err); ok {
		return refused(r)
	}
	// Only a status that is the error itself: one deeper down came from a call
	// to somebody else, and its INVALID_ARGUMENT is our bug, not our caller's.
	if s, ok := err.(interface{ GRPCStatus() *status.Status }); ok {
		return s.GRPCStatus().Err()
	}
	var unavailable interface{ Unavailable() bool }
	switch {
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, "the call was cancelled")
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, "the call's deadline passed")
	case errors.As(err, &unavailable) && unavailable.Unavailable():
		return status.Error(codes.Unavailable, unavailable.(error).Error())
	case errors.Is(err, auth.ErrUnavailable):
		return status.Error(codes.Unavailable, auth.ErrUnavailable.Error())
	case outage.Is(err):
		return status.Error(codes.Unavailable, "the database does not work just now")
	}
	switch code := status.Code(err); code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return status.Error(code, "a service this call needs did not answer")
	default:
		return status.Error(codes.Internal, "internal error")
	}
}

// detailsMax bounds the details of a refusal, in bytes: they leave in the trailers, in base64, and of
// those proxies pass 8 KiB in all. Larger ones are left out; whoever refuses names fewer things.
const detailsMax = 5000

func refused(r *refusal.Refusal) error {
	info := &errdetails.ErrorInfo{Reason: r.Reason, Domain: domain}
	if len(r.Details) > detailsMax {
		slog.Error("the details of a refusal are too large and are left out", "reason", r.Reason, "bytes", len(r.Details), "most", detailsMax)
	} else if len(r.Details) > 0 {
		info.Metadata = map[string]string{"details": string(r.Details)}
	}
	s, err := status.New(codes.FailedPrecondition, r.Message).WithDetails(info)
	if err != nil {
		return status.Error(codes.Internal, "internal error")
	}
	return s.Err()
}

// FromStatus is ToStatus' way back: a *refusal.Refusal when a service of ours
// refused, else the error as it is.
func FromStatus(err error) error {
	s, ok := status.FromError(err)
	if err == nil || !ok || s.Code() != codes.FailedPrecondition {
		return err
	}
	for _, detail := range s.Details() {
		info, ok := detail.(*errdetails.ErrorInfo)
		if !ok || info.GetDomain() != domain || info.GetReason() == "" {
			continue
		}
		r := &refusal.Refusal{Reason: info.GetReason(), Message: s.Message()}
		if details := info.GetMetadata()["details"]; json.Valid([]byte(details)) {
			r.Details = json.RawMessage(details)
		}
		return r
	}
	return err
}
