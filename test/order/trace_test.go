package order_test

import (
	"bufio"
	"bytes"
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
	enumspb "go.temporal.io/api/enums/v1"
	"google.golang.org/protobuf/proto"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// TestOneOrderIsOneTrace collects the spans of one order from all programs and checks that they
// form one tree, from the request to the projections. What the client sent of its own trace and
// baggage is in none of them but for a link.
func TestOneOrderIsOneTrace(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 450, 10)
	const theirs, secret = "0af7651916cd43dd8448eb211c80319c", "hunter2"
	answer := s.Customer("anna").Place("traced", shop.Of("tea", 1, "card_approve"),
		"traceparent", "00-"+theirs+"-b7ad6b7169203331-01", "tracestate", "shop="+secret, "baggage", "who="+secret+strings.Repeat("x", 7000))
	require.Equal(t, http.StatusCreated, answer.Status, "%s", answer)
	id := answer.Field("id").(string)
	recorded := metadata(t, s, id)
	traceID := strings.Split(recorded["traceparent"], "-")[1]
	assert.NotEqual(t, theirs, traceID, "a client does not choose our traces")
	assert.Len(t, recorded, 1, "what the log keeps beside an event is its trace: %v", recorded)

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
		return len(missing()) == 0 && len(orphans(spans)) == 0
	}
	defer func() {
		if t.Failed() {
			t.Logf("missing: %v\norphans: %v\n%s", missing(), orphans(spans), tree(spans, "", 0))
		}
	}()
	testkit.Eventually(t, "the whole tree of spans", complete)
	roots := children(spans, "")
	require.Len(t, roots, 1, "one root: the request")
	require.Len(t, roots[0].Links, 1)
	assert.Equal(t, theirs, roots[0].Links[0].TraceID, "linked to the trace it was made in")

	history := s.Temporal().GetWorkflowHistory(t.Context(), sagas.WorkflowID(id), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		written, err := proto.Marshal(event)
		require.NoError(t, err)
		for _, told := range []string{theirs, secret} {
			assert.False(t, bytes.Contains(written, []byte(told)), "%s in %s", told, event.GetEventType())
		}
	}
}

// metadata of an order's first event in the log.
func metadata(t *testing.T, s *shop.Shop, id string) (kept map[string]string) {
	t.Helper()
	var encoded []byte
	require.NoError(t, s.SQL(shop.Orders).QueryRowContext(t.Context(),
		"SELECT metadata FROM events WHERE stream = $1 AND version = 1", "order-"+id).Scan(&encoded))
	require.NoError(t, json.Unmarshal(encoded, &kept))
	return kept
}

// orphans are spans whose parent is not in the trace.
func orphans(spans map[string]telemetry.SpanLine) (names []string) {
	for _, span := range spans {
		if _, known := spans[span.ParentSpanID]; !known && span.ParentSpanID != "" {
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
