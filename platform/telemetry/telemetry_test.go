package telemetry

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// setup runs Setup with only these variables and puts the globals back.
func setup(t *testing.T, environment map[string]string) (shutdown func(context.Context) error, err error) {
	t.Helper()
	for _, name := range []string{"LOG_LEVEL", "OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_METRICS_EXPORTER", "ORDERSAGA_TRACE_FILE"} {
		t.Setenv(name, environment[name])
	}
	tracesBefore, metricsBefore, logsBefore := otel.GetTracerProvider(), otel.GetMeterProvider(), slog.Default()
	t.Cleanup(func() {
		otel.SetTracerProvider(tracesBefore)
		otel.SetMeterProvider(metricsBefore)
		slog.SetDefault(logsBefore)
	})
	return Setup(t.Context(), "orders", "1.2.3")
}

func TestWithoutACollectorThereAreStillTraceIDs(t *testing.T) {
	shutdown, err := setup(t, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, shutdown(context.Background())) }()
	ctx, span := Tracer("test").Start(t.Context(), "work")
	defer span.End()
	assert.Len(t, TraceID(ctx), 32)

	carrier := propagation.MapCarrier{}
	otel.GetTextMapPropagator().Inject(ctx, carrier)
	assert.Contains(t, carrier["traceparent"], TraceID(ctx), "W3C trace context is propagated")
}

func TestWrongSettingsAreNamed(t *testing.T) {
	_, err := setup(t, map[string]string{"LOG_LEVEL": "loud"})
	assert.EqualError(t, err, `LOG_LEVEL must be debug, info, warn or error, not "loud"`)
	_, err = setup(t, map[string]string{"OTEL_TRACES_EXPORTER": "pigeon"})
	assert.ErrorContains(t, err, "OTEL_TRACES_EXPORTER=pigeon")
	_, err = setup(t, map[string]string{"OTEL_TRACES_EXPORTER": TraceFileExporter})
	assert.ErrorContains(t, err, "ORDERSAGA_TRACE_FILE is required")
	_, err = setup(t, map[string]string{"OTEL_METRICS_EXPORTER": "pigeon"})
	assert.ErrorContains(t, err, "OTEL_METRICS_EXPORTER=pigeon")
}

func TestATraceFileHasEachSpanOnALine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "traces.jsonl")
	shutdown, err := setup(t, map[string]string{"OTEL_TRACES_EXPORTER": TraceFileExporter, "ORDERSAGA_TRACE_FILE": path})
	require.NoError(t, err)
	ctx, parent := Tracer("test").Start(t.Context(), "place order", trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("order_id", "o-1"), attribute.Int("lines", 3)))
	_, child := Tracer("test").Start(ctx, "reserve stock", trace.WithLinks(trace.LinkFromContext(ctx)))
	child.End()
	parent.End()
	require.NoError(t, shutdown(context.Background()))

	lines := readLines(t, path)
	require.Len(t, lines, 2)
	inner, outer := lines[0], lines[1]
	assert.Equal(t, "reserve stock", inner.Name)
	assert.Equal(t, outer.SpanID, inner.ParentSpanID)
	assert.Equal(t, outer.TraceID, inner.TraceID)
	assert.Equal(t, []SpanLink{{TraceID: outer.TraceID, SpanID: outer.SpanID}}, inner.Links)
	assert.Equal(t, "server", outer.Kind)
	assert.Equal(t, "orders", outer.Service)
	assert.Empty(t, outer.ParentSpanID)
	assert.Equal(t, map[string]any{"order_id": "o-1", "lines": 3.0}, outer.Attributes)
}

func TestSeveralProcessesShareATraceFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "traces.jsonl")
	done := make(chan error, 2)
	for range 2 {
		file, err := newTraceFile(path)
		require.NoError(t, err)
		go func() {
			spans := make(tracetest.SpanStubs, 200)
			for i := range spans {
				spans[i].Name = "work"
				spans[i].Attributes = []attribute.KeyValue{attribute.String("padding", string(bytes.Repeat([]byte("x"), 500)))}
			}
			for range 20 {
				if err := file.ExportSpans(context.Background(), spans.Snapshots()); err != nil {
					done <- err
					return
				}
			}
			done <- file.Shutdown(context.Background())
		}()
	}
	require.NoError(t, <-done)
	require.NoError(t, <-done)
	assert.Len(t, readLines(t, path), 2*20*200)
}

func readLines(t *testing.T, path string) []SpanLine {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	var lines []SpanLine
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		var line SpanLine
		require.NoError(t, json.Unmarshal(scanner.Bytes(), &line), "line %q", scanner.Text())
		lines = append(lines, line)
	}
	return lines
}

func TestLogsCarryTheTraceAndTheContextsAttributes(t *testing.T) {
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	var out bytes.Buffer
	setLogger(&out, slog.LevelInfo, "orders")
	SetupForTest(t, tracetest.NewInMemoryExporter())

	ctx := With(t.Context(), slog.String("order_id", "o-1"))
	inner := With(ctx, slog.String("step", "reserve"))
	inner, span := Tracer("test").Start(inner, "work")
	defer span.End()
	slog.InfoContext(inner, "reserved", "sku", "TEA")
	slog.DebugContext(inner, "not seen")
	slog.InfoContext(ctx, "outside")

	decoder := json.NewDecoder(&out)
	var first, second, third map[string]any
	require.NoError(t, decoder.Decode(&first))
	require.NoError(t, decoder.Decode(&second))
	require.ErrorIs(t, decoder.Decode(&third), io.EOF)
	assert.Equal(t, "orders", first["service"])
	assert.Equal(t, "o-1", first["order_id"])
	assert.Equal(t, "reserve", first["step"])
	assert.Equal(t, "TEA", first["sku"])
	assert.Equal(t, span.SpanContext().TraceID().String(), first["trace_id"])
	assert.Equal(t, span.SpanContext().SpanID().String(), first["span_id"])
	assert.NotContains(t, second, "step", "attributes do not leak outwards")
	assert.NotContains(t, second, "trace_id")
}

func TestReadinessNamesWhatIsNotReady(t *testing.T) {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	server := httptest.NewServer(AdminServer("", false, map[string]func(context.Context) error{
		"postgres": func(context.Context) error { return nil },
		"mongodb":  func(context.Context) error { return errors.New("no answer from MONGODB_URI") },
		"issuer":   func(context.Context) error { <-release; return nil }, // ignores its deadline
		"temporal": func(context.Context) error { panic("nil client") },
	}).Handler)
	t.Cleanup(server.Close)
	begun := time.Now()
	code, body := get(t, server.URL+"/readyz")
	assert.Less(t, time.Since(begun), time.Minute)
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.JSONEq(t, `{"status":"unavailable","failing":{
		"mongodb":"no answer from MONGODB_URI","issuer":"no answer within 2s","temporal":"panic: nil client"}}`, body)

	code, body = get(t, server.URL+"/livez")
	assert.Equal(t, http.StatusOK, code, "alive although not ready")
	assert.JSONEq(t, `{"status":"ok"}`, body)
}

func TestTheAdminServerHasMetricsAndTheProfilesThatAreAskedFor(t *testing.T) {
	shutdown, err := setup(t, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, shutdown(context.Background())) })
	pending, err := Meter("test").Int64Gauge("ordersaga.outbox.pending", metric.WithDescription("Events not yet published."))
	require.NoError(t, err)
	pending.Record(t.Context(), 7)
	server, profiled := httptest.NewServer(AdminServer("", false, nil).Handler), httptest.NewServer(AdminServer("", true, nil).Handler)
	t.Cleanup(server.Close)
	t.Cleanup(profiled.Close)

	code, body := get(t, server.URL+"/metrics")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, body, "ordersaga_outbox_pending 7")
	assert.Contains(t, body, "go_goroutine_count")
	assert.Contains(t, body, "process_resident_memory_bytes")
	assert.Contains(t, body, `service_version="1.2.3"`)

	for _, path := range []string{"", "goroutine?debug=1", "cmdline", "heap", "profile?seconds=1", "symbol", "trace"} {
		code, _ = get(t, server.URL+"/debug/pprof/"+path)
		assert.Equal(t, http.StatusNotFound, code, "%s was not asked for", path)
	}
	code, body = get(t, profiled.URL+"/debug/pprof/goroutine?debug=1")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, body, "goroutine profile:")

	code, _ = get(t, server.URL+"/readyz")
	assert.Equal(t, http.StatusOK, code, "without checks it is ready")
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}
