package rest_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/telemetry"
)

func TestARequestIsTheRootOfATraceLinkedToItsCallers(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	telemetry.SetupForTest(t, spans)
	w := newWorld(t)
	carried := propagation.MapCarrier{}
	w.read = func(ctx context.Context) error {
		otel.GetTextMapPropagator().Inject(ctx, carried)
		assert.Empty(t, baggage.FromContext(ctx).Members())
		return nil
	}
	const theirs = "0af7651916cd43dd8448eb211c80319c"
	w.call("GET", "/v1/orders/o-1", w.shopper(), "", "traceparent", "00-"+theirs+"-b7ad6b7169203331-01",
		"tracestate", "shop=secret", "baggage", "secret="+strings.Repeat("x", 7000))
	w.call("GET", "/livez", "", "")
	require.Len(t, spans.GetSpans(), 1, "probes are no spans")
	span := spans.GetSpans()[0]
	assert.Equal(t, "GET /v1/orders/:id", span.Name)
	assert.Equal(t, "server", span.SpanKind.String())
	assert.False(t, span.Parent.IsValid(), "a client does not choose our traces")
	assert.NotEqual(t, theirs, span.SpanContext.TraceID().String())
	require.Len(t, span.Links, 1)
	assert.Equal(t, theirs, span.Links[0].SpanContext.TraceID().String())
	assert.Equal(t, "b7ad6b7169203331", span.Links[0].SpanContext.SpanID().String())
	assert.Empty(t, span.Links[0].SpanContext.TraceState().String())
	require.Len(t, carried, 1, "what is carried on is our trace")
	assert.Contains(t, carried["traceparent"], span.SpanContext.TraceID().String())

	for _, bad := range [][]string{
		{"traceparent", "nonsense"},
		{"traceparent", "00-00000000000000000000000000000000-b7ad6b7169203331-01"},
		{"traceparent", "00-" + theirs + "-b7ad6b7169203331-01", "traceparent", "00-" + theirs + "-b7ad6b7169203332-01"},
	} {
		spans.Reset()
		assert.Equal(t, 200, w.call("GET", "/v1/orders/o-1", w.shopper(), "", bad...).StatusCode)
		require.Len(t, spans.GetSpans(), 1)
		assert.Empty(t, spans.GetSpans()[0].Links, "%v", bad)
	}
}

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

	require.Eventually(t, func() bool { return len(spans.GetSpans()) == 3 }, time.Minute, 5*time.Millisecond,
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
