package rest_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/telemetry"
)

func TestOneTraceFromTheRequestToTheServiceItCalls(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	telemetry.SetupForTest(t, spans)
	w := newWorld(t)
	verifier, err := auth.NewVerifier(t.Context(), w.issuer.Config().Auth)
	require.NoError(t, err)
	server, err := rpc.NewServer(verifier, rpc.ServerSettings{})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	connection, err := rpc.Dial(listener.Addr().String(), auth.ServiceTokens(t.Context(), w.issuer.Config()))
	require.NoError(t, err)
	t.Cleanup(func() { connection.Close() })
	w.answer = func(ctx context.Context, _ *placeOrder) (*placed, error) {
		_, err := grpc_health_v1.NewHealthClient(connection).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
		return &placed{}, err
	}
	require.Equal(t, 201, w.place(oneLine).StatusCode)

	require.Eventually(t, func() bool { return len(spans.GetSpans()) == 3 }, 10*time.Second, 5*time.Millisecond,
		"the request, the call and its other side are spans")
	names := map[string]string{}
	for _, span := range spans.GetSpans() {
		names[span.SpanContext.SpanID().String()] = span.SpanKind.String() + " " + span.Name
	}
	parents := map[string]string{}
	for _, span := range spans.GetSpans() {
		parents[span.SpanKind.String()+" "+span.Name] = names[span.Parent.SpanID().String()]
	}
	assert.Equal(t, map[string]string{
		"server POST /v1/orders":             "",
		"client grpc.health.v1.Health/Check": "server POST /v1/orders",
		"server grpc.health.v1.Health/Check": "client grpc.health.v1.Health/Check",
	}, parents)
}
