package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// TraceFileExporter is the OTEL_TRACES_EXPORTER for use without a collector: it appends each ended
// span as one JSON line to ORDERSAGA_TRACE_FILE. Several processes may share the file.
const TraceFileExporter = "ordersaga-file"

func init() {
	autoexport.RegisterSpanExporter(TraceFileExporter, func(context.Context) (sdktrace.SpanExporter, error) {
		path := os.Getenv("ORDERSAGA_TRACE_FILE")
		if path == "" {
			return nil, errors.New("ORDERSAGA_TRACE_FILE is required: the file to append spans to")
		}
		return newTraceFile(path)
	})
}

// SpanLine is one ended span in a trace file.
type SpanLine struct {
	TraceID      string         `json:"trace_id"`
	SpanID       string         `json:"span_id"`
	ParentSpanID string         `json:"parent_span_id,omitempty"`
	Service      string         `json:"service"`
	Scope        string         `json:"scope"`
	Name         string         `json:"name"`
	Kind         string         `json:"kind"`
	Start        time.Time      `json:"start"`
	End          time.Time      `json:"end"`
	Status       string         `json:"status"`
	Message      string         `json:"message,omitempty"`
	Attributes   map[string]any `json:"attributes,omitempty"`
	Links        []SpanLink     `json:"links,omitempty"`
}

// SpanLink names a linked span, of the same or another trace.
type SpanLink struct {
	TraceID string `json:"trace_id"`
	SpanID  string `json:"span_id"`
}

type traceFile struct {
	mu   sync.Mutex
	file *os.File
}

func newTraceFile(path string) (*traceFile, error) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open ORDERSAGA_TRACE_FILE: %w", err)
	}
	return &traceFile{file: file}, nil
}

// ExportSpans appends with one write: with O_APPEND, single writes of several processes do not mix.
func (t *traceFile) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, span := range spans {
		if err := encoder.Encode(newSpanLine(span)); err != nil {
			return fmt.Errorf("encode span %s: %w", span.Name(), err)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := t.file.Write(lines.Bytes()); err != nil {
		return fmt.Errorf("append %d spans to ORDERSAGA_TRACE_FILE: %w", len(spans), err)
	}
	return nil
}

func (t *traceFile) Shutdown(context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("close ORDERSAGA_TRACE_FILE: %w", err)
	}
	return nil
}

func newSpanLine(span sdktrace.ReadOnlySpan) SpanLine {
	line := SpanLine{
		TraceID: span.SpanContext().TraceID().String(),
		SpanID:  span.SpanContext().SpanID().String(),
		Scope:   span.InstrumentationScope().Name,
		Name:    span.Name(),
		Kind:    span.SpanKind().String(),
		Start:   span.StartTime(),
		End:     span.EndTime(),
		Status:  span.Status().Code.String(),
		Message: span.Status().Description,
	}
	if span.Parent().HasSpanID() {
		line.ParentSpanID = span.Parent().SpanID().String()
	}
	if service, ok := span.Resource().Set().Value(semconv.ServiceNameKey); ok {
		line.Service = service.AsString()
	}
	if attrs := span.Attributes(); len(attrs) > 0 {
		line.Attributes = make(map[string]any, len(attrs))
		for _, attr := range attrs {
			line.Attributes[string(attr.Key)] = plain(attr.Value)
		}
	}
	for _, link := range span.Links() {
		line.Links = append(line.Links, SpanLink{
			TraceID: link.SpanContext.TraceID().String(),
			SpanID:  link.SpanContext.SpanID().String(),
		})
	}
	return line
}

// plain keeps JSON's types and writes all other values as text.
func plain(value attribute.Value) any {
	switch value.Type() {
	case attribute.BOOL, attribute.INT64, attribute.STRING:
		return value.AsInterface()
	default:
		return value.String()
	}
}
