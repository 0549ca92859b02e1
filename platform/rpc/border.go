package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/ordersaga/ordersaga/platform/auth"
)

// border has the interceptors of all calls.
type border struct {
	verifier  *auth.Verifier
	validator protovalidate.Validator
	clients   clients
	callers   Callers
}

// answerUnary turns errors and panics into a status.
func (b *border) answerUnary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (res any, err error) {
	defer func() { err = answer(ctx, info.FullMethod, err, recover()) }()
	return next(ctx, req)
}

func (b *border) answerStream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
	defer func() { err = answer(stream.Context(), info.FullMethod, err, recover()) }()
	return next(srv, stream)
}

// answer logs the error, and returns the status without internal details.
func answer(ctx context.Context, method string, err error, panicked any) error {
	if panicked != nil {
		slog.ErrorContext(ctx, "panic", "method", method, "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
		return status.Error(codes.Internal, "internal error")
	}
	answered := ToStatus(err)
	switch status.Code(answered) {
	case codes.Internal, codes.Unknown, codes.DataLoss, codes.Unimplemented, codes.ResourceExhausted:
		slog.ErrorContext(ctx, "call failed", "method", method, "error", err)
	case codes.PermissionDenied:
		slog.InfoContext(ctx, "call refused", "method", method, "error", err)
	case codes.Unavailable, codes.DeadlineExceeded:
		slog.WarnContext(ctx, "call failed", "method", method, "error", err)
	}
	return answered
}

func (b *border) admitUnary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	ctx, err := b.admit(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	if err := b.validate(req); err != nil {
		return nil, err
	}
	return next(ctx, req)
}

func (b *border) admitStream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	ctx, err := b.admit(stream.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	return next(srv, &admittedStream{ServerStream: stream, ctx: ctx, validate: b.validate})
}

// free are the services without authentication and deadline, for probes and people.
var free = []string{"/grpc.health.v1.Health/", "/grpc.reflection."}

func (b *border) admit(ctx context.Context, method string) (context.Context, error) {
	for _, prefix := range free {
		if strings.HasPrefix(method, prefix) {
			return ctx, nil
		}
	}
	if _, bounded := ctx.Deadline(); !bounded {
		return nil, status.Error(codes.InvalidArgument, "the call has no deadline")
	}
	token, ok := bearer(ctx)
	if !ok {
		return nil, status.Error(codes.Unauthenticated, "the call has no bearer token")
	}
	identity, err := b.verifier.Verify(ctx, token)
	switch {
	case errors.Is(err, auth.ErrInvalidToken):
		return nil, status.Error(codes.Unauthenticated, "the token is not valid for this service, or has expired")
	case err != nil:
		return nil, err
	}
	if why := b.refusal(method, identity); why != "" {
		return nil, status.Error(codes.PermissionDenied, why)
	}
	return auth.WithIdentity(ctx, identity), nil
}

func bearer(ctx context.Context) (string, bool) {
	values := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	return token, strings.EqualFold(scheme, "bearer") && token != ""
}

// mostViolations bounds the reported errors of a message: the status is sent in the trailers,
// twice, and proxies pass 8 KiB of trailers in all.
const mostViolations = 10

// validate checks a message by the rules in its .proto file, and by impossible.
func (b *border) validate(req any) error {
	message, ok := req.(proto.Message)
	if !ok {
		return nil
	}
	bad := &errdetails.BadRequest{FieldViolations: impossible(message.ProtoReflect(), "")}
	err := b.validator.Validate(message)
	var invalid *protovalidate.ValidationError
	switch {
	case errors.As(err, &invalid):
		for _, violation := range invalid.Violations {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
				Field:       protovalidate.FieldPathString(violation.Proto.GetField()),
				Description: violation.Proto.GetMessage(),
			})
		}
	case err != nil:
		return err
	}
	if len(bad.FieldViolations) == 0 {
		return nil
	}
	more := len(bad.FieldViolations) - mostViolations
	if more > 0 {
		bad.FieldViolations = bad.FieldViolations[:mostViolations]
	}
	var lines []string
	for _, violation := range bad.FieldViolations {
		lines = append(lines, violation.GetField()+": "+violation.GetDescription())
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	s, detailsErr := status.New(codes.InvalidArgument, strings.Join(lines, "; ")).WithDetails(bad)
	if detailsErr != nil {
		return errors.Join(err, detailsErr)
	}
	return s.Err()
}

// admittedStream has the caller in its context and validates received messages.
type admittedStream struct {
	grpc.ServerStream
	ctx      context.Context
	validate func(any) error
}

func (s *admittedStream) Context() context.Context { return s.ctx }

func (s *admittedStream) RecvMsg(message any) error {
	if err := s.ServerStream.RecvMsg(message); err != nil {
		return err
	}
	return s.validate(message)
}
