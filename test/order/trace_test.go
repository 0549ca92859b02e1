package order_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// TestOneOrderIsOneTrace collects the spans of one order from all programs and
// checks that they form one tree, from the request to the projections.
func TestOneOrderIsOneTrace(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 450, 10)
	const traceID, spanID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	answer := s.Customer("anna").Place("traced", shop.Of("tea", 1, "card_approve"),
		"traceparent", "00-"+traceID+"-"+spanID+"-01")
	require.Equal(t, http.StatusCreated, answer.Status, "%s", answer)

	// What has to be in the tree: a part of a span's name by the program it is of.
	want := map[string][]string{
		shop.Orders: {"/v1/orders", "UpdateWithStart", "RecordPlaced", "Confirm", "project", "publish"},
		// The write below "process" is of the first event of a batch only.
		shop.Catalog:   {"QuotePrices", "process com.ordersaga.inventory"},
		shop.Worker:    {"RunWorkflow:PlaceOrder", "RunActivity:AuthorizePayment"},
		shop.Inventory: {"Reserve", "Allocate", "publish"},
		shop.Payments:  {"Authorize"},
	}
	var spans map[string]telemetry.SpanLine
	missing := func() (parts []string) {
		for program, names := range want {
			for _, name := range names {
				if !slices.ContainsFunc(slices.Collect(maps.Values(spans)), func(span telemetry.SpanLine) bool {
					return span.Service == program && strings.Contains(strings.ToLower(span.Name), strings.ToLower(name))
				}) {
					parts = append(parts, program+": "+name)
				}
			}
		}
		slices.Sort(parts)
		return parts
	}
	complete := func() bool {
		spans = spansOf(t, s.TraceFile, traceID)
		return len(missing()) == 0 && len(orphans(spans, spanID)) == 0
	}
	defer func() {
		if t.Failed() {
			t.Logf("missing: %v\norphans: %v\n%s", missing(), orphans(spans, spanID), tree(spans, spanID, 0))
		}
	}()
	testkit.Eventually(t, "the whole tree of spans", complete)
	assert.Len(t, children(spans, spanID), 1, "one root below the caller: the request")
}

// orphans are spans whose parent is not in the trace.
func orphans(spans map[string]telemetry.SpanLine, root string) (names []string) {
	for _, span := range spans {
		if _, known := spans[span.ParentSpanID]; !known && span.ParentSpanID != root {
			names = append(names, span.Service+": "+span.Name)
		}
	}
	slices.Sort(names)
	return names
}

func children(spans map[string]telemetry.SpanLine, parent string) (below []telemetry.SpanLine) {
	for _, span := range spans {
		if span.ParentSpanID == parent {
			below = append(below, span)
		}
	}
	slices.SortFunc(below, func(a, b telemetry.SpanLine) int { return a.Start.Compare(b.Start) })
	return below
}

func tree(spans map[string]telemetry.SpanLine, parent string, depth int) string {
	var drawn strings.Builder
	for _, span := range children(spans, parent) {
		fmt.Fprintf(&drawn, "%s%s: %s\n%s", strings.Repeat("  ", depth), span.Service, span.Name, tree(spans, span.SpanID, depth+1))
	}
	return drawn.String()
}

func spansOf(t *testing.T, path, traceID string) map[string]telemetry.SpanLine {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	spans := map[string]telemetry.SpanLine{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var span telemetry.SpanLine
		if json.Unmarshal(lines.Bytes(), &span) == nil && span.TraceID == traceID {
			spans[span.SpanID] = span
		}
	}
	require.NoError(t, lines.Err())
	return spans
}
