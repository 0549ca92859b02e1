package cqrs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/telemetry"
)

type reserve struct{ quantity int }

var (
	errDisk    = errors.New("disk full")
	outOfStock = refusal.New("out_of_stock", "None is left.", nil)
)

// handler answers by the quantity asked for.
func handler(_ context.Context, r reserve) (string, error) {
	switch r.quantity {
	case 2:
		return "", fmt.Errorf("reserve: %w", outOfStock)
	case 3:
		return "", errDisk
	case 4:
		panic("index out of range")
	default:
		return "reserved", nil
	}
}

func TestThePipelineMeasuresTracesAndLogsEachOutcome(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	telemetry.SetupForTest(t, spans)
	reader := sdkmetric.NewManualReader()
	before, logs := otel.GetMeterProvider(), slog.Default()
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	var lines bytes.Buffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&lines, nil)))
	t.Cleanup(func() { otel.SetMeterProvider(before); slog.SetDefault(logs) })

	command := cqrs.Command("reserve_stock", handler)

	answer, err := command.Handle(t.Context(), reserve{1})
	require.NoError(t, err)
	assert.Equal(t, "reserved", answer)

	_, err = command.Handle(t.Context(), reserve{2})
	r, refused := refusal.As(err)
	require.True(t, refused)
	assert.Equal(t, "out_of_stock", r.Reason)

	_, err = command.Handle(t.Context(), reserve{3})
	require.ErrorIs(t, err, errDisk)

	_, err = command.Handle(t.Context(), reserve{4})
	require.EqualError(t, err, "reserve_stock: panic: index out of range")

	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err = command.Handle(gone, reserve{3})
	require.ErrorIs(t, err, errDisk)

	var outcomes []string
	for _, span := range spans.GetSpans() {
		assert.Equal(t, "command reserve_stock", span.Name)
		attrs := attribute.NewSet(span.Attributes...)
		outcome, _ := attrs.Value("ordersaga.outcome")
		outcomes = append(outcomes, outcome.AsString())
		assert.Equal(t, outcome.AsString() == "error", span.Status.Code == codes.Error, "a refusal is no error")
	}
	assert.Equal(t, []string{"ok", "refused", "error", "error", "cancelled"}, outcomes)
	assert.Equal(t, map[string]uint64{"command/reserve_stock/ok": 1, "command/reserve_stock/refused": 1, "command/reserve_stock/error": 2, "command/reserve_stock/cancelled": 1}, counts(t, reader))
	assert.Contains(t, lines.String(), "disk full")
	assert.NotContains(t, lines.String(), "out_of_stock", "a refusal is no operator's problem")
}

func counts(t *testing.T, reader sdkmetric.Reader) map[string]uint64 {
	t.Helper()
	var collected metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &collected))
	found := map[string]uint64{}
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name != "ordersaga.use_case.duration" {
				continue
			}
			for _, point := range m.Data.(metricdata.Histogram[float64]).DataPoints {
				value := func(key attribute.Key) string { v, _ := point.Attributes.Value(key); return v.AsString() }
				found[value("kind")+"/"+value("name")+"/"+value("outcome")] = point.Count
			}
		}
	}
	return found
}

func ExampleQuery() {
	greet := cqrs.Query("greet", func(_ context.Context, name string) (string, error) {
		return "Hello, " + name, nil
	})
	answer, _ := greet.Handle(context.Background(), "Ada")
	fmt.Println(answer)
	// Output: Hello, Ada
}
