package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/unavailable"
)

// domain is the google.rpc.ErrorInfo domain that distinguishes our refusals from other failed
// preconditions.
const domain = "ordersaga"

// ToStatus returns the gRPC status of an error:
//
//   - a refusal is FAILED_PRECONDITION with google.rpc.ErrorInfo, its details
//     as JSON in the metadata, unless they are larger than 5,000 bytes;
//   - a cancelled or expired context is CANCELLED or DEADLINE_EXCEEDED;
//   - an unavailable dependency is UNAVAILABLE, with the message of an unavailable.Error;
//   - an error that is a status does not change;
//   - any other error is INTERNAL, and its text is only in the log.
//
// Its text has at most 1,000 characters; details that do not fit into the trailers are dropped.
func ToStatus(err error) error {
	if err == nil {
		return nil
	}
	return bounded(toStatus(err))
}

func toStatus(err error) error {
	if r, ok := refusal.As(err); ok {
		return refused(r)
	}
	// Only a status that is the error itself: a wrapped one came from a call to another service,
	// and its INVALID_ARGUMENT is our mistake, not our caller's.
	if s, ok := err.(interface{ GRPCStatus() *status.Status }); ok {
		return s.GRPCStatus().Err()
	}
	said, marked := unavailable.As(err)
	switch {
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, "the call was cancelled")
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, "the call's deadline passed")
	case marked:
		return status.Error(codes.Unavailable, said.Message)
	}
	switch code := status.Code(err); code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return status.Error(code, "a service this call needs did not answer")
	}
	if unavailable.Is(err) {
		return status.Error(codes.Unavailable, "a dependency of this call does not work at the moment")
	}
	return status.Error(codes.Internal, "internal error")
}

func refused(r *refusal.Refusal) error {
	info := &errdetails.ErrorInfo{Reason: r.Reason, Domain: domain}
	if len(r.Details) > detailsMax {
		// The service that refuses has to send fewer details.
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

// InvalidRequest is the reason of the refusal that FromStatus makes of INVALID_ARGUMENT: a retry
// cannot succeed.
const InvalidRequest = "invalid_request"

// invalidRequest is the refusal with its status.
type invalidRequest struct {
	*refusal.Refusal
	status error
}

func (e *invalidRequest) Unwrap() []error { return []error{e.Refusal, e.status} }

// FromStatus is the inverse of ToStatus: it returns a *refusal.Refusal when the service refused,
// also for an invalid request (InvalidRequest), else the error unchanged.
func FromStatus(err error) error {
	s, ok := status.FromError(err)
	if err == nil || !ok {
		return err
	}
	switch s.Code() {
	case codes.InvalidArgument:
		return &invalidRequest{&refusal.Refusal{Reason: InvalidRequest, Message: s.Message()}, err}
	case codes.FailedPrecondition:
	default:
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
