package rpc_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/auth/authtest"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/unavailable"
)

func nothing(context.Context) error { return nil }

func TestACallHasItsCallerItsDeadlineAndItsTrace(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	telemetry.SetupForTest(t, spans)
	issuer := authtest.New(t)
	var caller auth.Identity
	var left time.Duration
	connection := serve(t, issuer, auth.ServiceTokens(t.Context(), issuer.Config()), func(ctx context.Context) error {
		caller, _ = auth.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		left = time.Until(deadline)
		return nil
	})
	ctx, span := telemetry.Tracer("test").Start(t.Context(), "request")
	request, answer := reserveLines("2 TEA"), newReserve()
	require.NoError(t, connection.Invoke(ctx, reserve, request, answer))
	span.End()

	assert.True(t, proto.Equal(request, answer))
	assert.Equal(t, authtest.ClientID, caller.Subject)
	assert.Greater(t, left, time.Duration(0), "a call without a deadline gets one")
	assert.LessOrEqual(t, left, rpc.DefaultTimeout)

	require.Eventually(t, func() bool { return len(spans.GetSpans()) == 3 }, time.Minute, 5*time.Millisecond,
		"request, client and server are spans")
	parents := map[string]string{}
	names := map[string]string{}
	for _, s := range spans.GetSpans() {
		assert.Equal(t, span.SpanContext().TraceID(), s.SpanContext.TraceID(), "one trace")
		names[s.SpanContext.SpanID().String()] = s.SpanKind.String()
	}
	for _, s := range spans.GetSpans() {
		parents[s.SpanKind.String()] = names[s.Parent.SpanID().String()]
	}
	assert.Equal(t, map[string]string{"server": "client", "client": "internal", "internal": ""}, parents)
}

func TestWhoMayCall(t *testing.T) {
	issuer := authtest.New(t)
	for name, test := range map[string]struct {
		token string
		want  codes.Code
	}{
		"a service":        {issuer.Token(t, "orders", auth.ScopeService), codes.OK},
		"a shopper":        {issuer.Token(t, "ada"), codes.PermissionDenied},
		"an operator":      {issuer.Token(t, "olga", auth.ScopeOperator), codes.PermissionDenied},
		"an expired token": {issuer.TokenWith(t, map[string]any{"scope": auth.ScopeService, "exp": time.Now().Add(-time.Minute).Unix()}), codes.Unauthenticated},
		"nonsense":         {"nonsense", codes.Unauthenticated},
	} {
		t.Run(name, func(t *testing.T) {
			connection := serve(t, issuer, bearer(test.token), nothing)
			err := connection.Invoke(t.Context(), reserve, reserveLines("1 TEA"), newReserve())
			assert.Equal(t, test.want, status.Code(err), "%v", err)
			stream, err := connection.NewStream(bounded(t), &grpc.StreamDesc{ServerStreams: true}, watch)
			require.NoError(t, err)
			require.NoError(t, stream.SendMsg(reserveLines("1 TEA")))
			require.NoError(t, stream.CloseSend())
			assert.Equal(t, test.want, status.Code(stream.RecvMsg(newReserve())))
		})
	}
	t.Run("nobody", func(t *testing.T) {
		err := serve(t, issuer, nil, nothing).Invoke(t.Context(), reserve, reserveLines("1 TEA"), newReserve())
		assert.Equal(t, codes.Unauthenticated, status.Code(err))
	})
	t.Run("two tokens", func(t *testing.T) {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer a", "authorization", "Bearer b")
		err := serve(t, issuer, nil, nothing).Invoke(ctx, reserve, reserveLines("1 TEA"), newReserve())
		assert.Equal(t, codes.Unauthenticated, status.Code(err))
	})
}

func TestAnIssuerThatIsAwayIsNotTheCallersFault(t *testing.T) {
	issuer := authtest.New(t)
	token := issuer.Token(t, "orders", auth.ScopeService)
	issuer.Down.Store(true)
	err := serve(t, issuer, bearer(token), nothing).Invoke(t.Context(), reserve, reserveLines("1 TEA"), newReserve())
	assert.Equal(t, codes.Unavailable, status.Code(err))
	// The caller's side: no token to be had.
	err = serve(t, issuer, auth.ServiceTokens(t.Context(), issuer.Config()), nothing).Invoke(t.Context(), reserve, reserveLines("1 TEA"), newReserve())
	assert.Contains(t, []codes.Code{codes.Unavailable, codes.Unauthenticated}, status.Code(err))
}

func TestACallWithoutADeadlineIsRefused(t *testing.T) {
	issuer := authtest.New(t)
	ours := serve(t, issuer, nil, nothing)
	foreign, err := grpc.NewClient(ours.Target(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithPerRPCCredentials(bearer(issuer.Token(t, "orders", auth.ScopeService))))
	require.NoError(t, err)
	defer foreign.Close()
	err = foreign.Invoke(context.Background(), reserve, reserveLines("1 TEA"), newReserve())
	assert.Equal(t, codes.InvalidArgument, status.Code(err))
	assert.ErrorContains(t, err, "no deadline")
}

func TestProbesNeedNeitherTokenNorDeadline(t *testing.T) {
	ours := serve(t, authtest.New(t), nil, nothing)
	foreign, err := grpc.NewClient(ours.Target(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer foreign.Close()
	health, err := grpc_health_v1.NewHealthClient(foreign).Check(context.Background(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	assert.Equal(t, grpc_health_v1.HealthCheckResponse_SERVING, health.GetStatus())
}

func TestAMessageThatBreaksItsRulesIsRefusedByField(t *testing.T) {
	issuer := authtest.New(t)
	connection := serve(t, issuer, bearer(issuer.Token(t, "orders", auth.ScopeService)), func(context.Context) error {
		t.Error("the handler ran")
		return nil
	})
	err := connection.Invoke(t.Context(), reserve, reserveLines("1 TEA", "0 CUP"), newReserve())
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	assert.ErrorContains(t, err, "lines[1].quantity")
	var fields []string
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, violation := range bad.GetFieldViolations() {
				fields = append(fields, violation.GetField())
			}
		}
	}
	assert.Equal(t, []string{"lines[1].quantity"}, fields)

	stream, err := connection.NewStream(bounded(t), &grpc.StreamDesc{ServerStreams: true}, watch)
	require.NoError(t, err)
	require.NoError(t, stream.SendMsg(newReserve()))
	require.NoError(t, stream.CloseSend())
	assert.Equal(t, codes.InvalidArgument, status.Code(stream.RecvMsg(newReserve())))
}

// What is wrong leaves in the trailers, which have little room.
func TestWhatIsSaidOfABadCallIsBounded(t *testing.T) {
	issuer := authtest.New(t)
	no := refusal.New("out_of_stock", "Too few.", strings.Repeat("x", 7000))
	connection := serve(t, issuer, bearer(issuer.Token(t, "orders", auth.ScopeService)), func(context.Context) error { return no })
	var lines []string
	for range 1000 {
		lines = append(lines, "0 CUP")
	}
	var trailer metadata.MD
	err := connection.Invoke(t.Context(), reserve, reserveLines(lines...), newReserve(), grpc.Trailer(&trailer))
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	assert.ErrorContains(t, err, "lines[9].quantity")
	assert.ErrorContains(t, err, "and 990 more")
	size := len(err.Error())
	for name, values := range trailer {
		size += len(name) + base64.StdEncoding.EncodedLen(len(strings.Join(values, "")))
	}
	assert.Less(t, size, 5000)

	err = connection.Invoke(t.Context(), reserve, reserveLines("1 TEA"), newReserve())
	arrived, ok := refusal.As(err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, refusal.New(no.Reason, no.Message, nil), arrived, "without its details")
}

func TestARefusalArrivesAsItLeft(t *testing.T) {
	issuer := authtest.New(t)
	no := refusal.New("out_of_stock", "Only 3 of TEA are left.", map[string]any{"sku": "TEA", "left": 3})
	connection := serve(t, issuer, bearer(issuer.Token(t, "orders", auth.ScopeService)), func(context.Context) error {
		return fmt.Errorf("reserve: %w", no)
	})
	err := connection.Invoke(t.Context(), reserve, reserveLines("5 TEA"), newReserve())
	arrived, ok := refusal.As(err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, no, arrived)

	stream, err := connection.NewStream(bounded(t), &grpc.StreamDesc{ServerStreams: true}, watch)
	require.NoError(t, err)
	require.NoError(t, stream.SendMsg(reserveLines("5 TEA")))
	require.NoError(t, stream.CloseSend())
	require.NoError(t, stream.RecvMsg(newReserve()))
	arrived, ok = refusal.As(stream.RecvMsg(newReserve()))
	require.True(t, ok)
	assert.Equal(t, no, arrived)
}

func TestAFailureTellsItsCodeAndNothingOfOurInsides(t *testing.T) {
	issuer := authtest.New(t)
	inner := status.Error(codes.InvalidArgument, "sku is empty")
	for name, test := range map[string]struct {
		failure error
		code    codes.Code
		message string
	}{
		"unknown":              {errors.New("password authentication failed for user hunter2"), codes.Internal, "internal error"},
		"panic":                {nil, codes.Internal, "internal error"},
		"unavailable":          {fmt.Errorf("authorize: %w", unavailable.New("the payment provider does not answer", errors.New("hunter2"))), codes.Unavailable, "the payment provider does not answer"},
		"status":               {status.Error(codes.NotFound, "no product TEA"), codes.NotFound, "no product TEA"},
		"somebody else's no":   {fmt.Errorf("quote: %w", inner), codes.Internal, "internal error"},
		"read-only database":   {fmt.Errorf("reserve: %w", &pgconn.PgError{Code: "25006", Message: "hunter2"}), codes.Unavailable, "a dependency of this call does not work at the moment"},
		"broken constraint":    {fmt.Errorf("reserve: %w", &pgconn.PgError{Code: "23514", Message: "hunter2"}), codes.Internal, "internal error"},
		"somebody else's away": {fmt.Errorf("quote: %w", status.Error(codes.Unavailable, "dial 10.0.0.7")), codes.Unavailable, "a service this call needs did not answer"},
		"deadline":             {fmt.Errorf("select: %w", context.DeadlineExceeded), codes.DeadlineExceeded, "the call's deadline passed"},
		"cancelled":            {fmt.Errorf("select: %w", context.Canceled), codes.Canceled, "the call was cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			connection := serve(t, issuer, bearer(issuer.Token(t, "orders", auth.ScopeService)), func(context.Context) error {
				if test.failure == nil {
					panic("index out of range [3]")
				}
				return test.failure
			})
			err := connection.Invoke(t.Context(), reserve, reserveLines("1 TEA"), newReserve())
			s := status.Convert(err)
			assert.Equal(t, test.code, s.Code())
			assert.Equal(t, test.message, s.Message())
		})
	}
}

func TestARestartedServiceIsFoundAgain(t *testing.T) {
	issuer := authtest.New(t)
	verifier, err := auth.NewVerifier(t.Context(), issuer.Config().Auth)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := listener.Addr().String()
	first, err := rpc.NewServer(verifier, rpc.ServerSettings{})
	require.NoError(t, err)
	go func() { _ = first.Serve(listener) }()
	connection := dial(t, addr, nil)
	alive := func() bool {
		_, err := grpc_health_v1.NewHealthClient(connection).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
		return err == nil
	}
	require.True(t, alive())
	first.Stop()
	require.Eventually(t, func() bool { return !alive() }, time.Minute, 5*time.Millisecond)
	listener, err = net.Listen("tcp", addr)
	require.NoError(t, err)
	second, err := rpc.NewServer(verifier, rpc.ServerSettings{})
	require.NoError(t, err)
	go func() { _ = second.Serve(listener) }()
	t.Cleanup(second.Stop)
	require.Eventually(t, alive, time.Minute, 5*time.Millisecond, "the caller does not come back")
}

func TestWhatIsNoRefusalOfOursPasses(t *testing.T) {
	foreign, err := status.New(codes.FailedPrecondition, "no").WithDetails(&errdetails.ErrorInfo{Reason: "X", Domain: "example.com"})
	require.NoError(t, err)
	for _, err := range []error{nil, io.EOF, foreign.Err(), status.Error(codes.FailedPrecondition, "no"), errors.New("x")} {
		assert.Equal(t, err, rpc.FromStatus(err))
	}
	assert.NoError(t, rpc.ToStatus(nil))
}

func TestARefusalWithoutDetailsSurvivesToo(t *testing.T) {
	no := refusal.New("order_settled", "The order is settled.", nil)
	arrived, ok := refusal.As(rpc.FromStatus(rpc.ToStatus(no)))
	require.True(t, ok)
	assert.Equal(t, no, arrived)
}

func TestTLSSettingsAreNamedWhenTheyAreWrong(t *testing.T) {
	t.Setenv("GRPC_TLS_CA", "/nowhere/ca.pem")
	_, err := rpc.Dial("127.0.0.1:1", nil)
	require.ErrorContains(t, err, "GRPC_TLS_CA")
	empty := t.TempDir() + "/ca.pem"
	require.NoError(t, os.WriteFile(empty, []byte("nothing"), 0o600))
	t.Setenv("GRPC_TLS_CA", empty)
	_, err = rpc.Dial("127.0.0.1:1", nil)
	require.ErrorContains(t, err, "no certificate")
	_, err = rpc.NewServer(nil, rpc.ServerSettings{Certificate: config.File(empty)})
	require.ErrorContains(t, err, "GRPC_TLS_CERT and GRPC_TLS_KEY")
}

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
