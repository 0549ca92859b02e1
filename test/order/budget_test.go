package order_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// budget is what a confirmed order of one line costs, in counts that are the same on every machine:
// those of its own trace. What works on many orders at once (sequencer, subscriptions, relays,
// feeds) is in `ordersaga bench`.
//
//go:embed budget.json
var budget []byte

func TestAnOrderCostsWhatTheBudgetSays(t *testing.T) {
	var most map[string]int
	require.NoError(t, json.Unmarshal(budget, &most))
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 450, 100)
	anna := s.Customer("anna")
	// On a busy machine a local try may take too long, so that a regular activity follows; a
	// statement may be repeated. Neither happens each time.
	least := map[string]int{}
	for n := range 10 {
		answer := anna.Place(fmt.Sprint("order-", n), shop.Of("tea", 1, "card_approve"))
		require.Equal(t, http.StatusCreated, answer.Status, "%s", answer)
		id := answer.Field("id").(string)
		for name, count := range costs(t, s, id) {
			if known, counted := least[name]; !counted || count < known {
				least[name] = count
			}
		}
		// Catalog takes the stock's events of several orders in one batch, whose statement may be in
		// the trace of another order.
		for _, name := range []string{"SQL statements of catalog", "transactions of catalog"} {
			least[name] = max(least[name], most[name])
		}
		if n > 0 && maps.Equal(most, least) { // the first order opens connections
			break
		}
	}
	assert.Empty(t, breaches(most, least), "an order costs more than before: find out why, or change test/order/budget.json and say so")
	assert.Equal(t, most, least, "an order costs less than before: lower test/order/budget.json, so that it stays so")

	more := maps.Clone(least)
	more["SQL statements of inventory"]++
	assert.Equal(t, []string{fmt.Sprintf("SQL statements of inventory: %d, at most %d", more["SQL statements of inventory"], most["SQL statements of inventory"])},
		breaches(most, more), "one statement more is a breach")
}

// breaches are the counts above the budget, and those that it does not know.
func breaches(most, counted map[string]int) (above []string) {
	for _, name := range slices.Sorted(maps.Keys(counted)) {
		if limit, known := most[name]; !known || counted[name] > limit {
			above = append(above, fmt.Sprintf("%s: %d, at most %d", name, counted[name], limit))
		}
	}
	return above
}

// unserved are successful gRPC calls whose server's span is not in the trace yet: each program
// exports its spans when it likes, and a server's span comes after those of its statements.
func unserved(spans map[string]telemetry.SpanLine) (names []string) {
	served := map[string]bool{} // by the span of the call
	for _, span := range spans {
		if span.Kind == "server" {
			served[span.ParentSpanID] = true
		}
	}
	for id, span := range spans {
		if isCall(span) && span.Status != "Error" && !served[id] {
			names = append(names, span.Service+": "+span.Name)
		}
	}
	return names
}

func isCall(span telemetry.SpanLine) bool {
	return strings.HasSuffix(span.Scope, "otelgrpc") && span.Kind == "client"
}

// costs counts what one order needed.
func costs(t *testing.T, s *shop.Shop, id string) map[string]int {
	t.Helper()
	traceID := strings.Split(metadata(t, s, id)["traceparent"], "-")[1]
	var spans map[string]telemetry.SpanLine
	testkit.Eventually(t, "the order's last spans", func() bool {
		spans = spansOf(t, s.TraceFile, traceID)
		has := func(service, name string) bool {
			return slices.ContainsFunc(slices.Collect(maps.Values(spans)), func(span telemetry.SpanLine) bool {
				return span.Service == service && strings.Contains(span.Name, name)
			})
		}
		return has(shop.Orders, "POST /v1/orders") && has(shop.Orders, "publish com.ordersaga.orders.order-confirmed") &&
			has(shop.Catalog, "process com.ordersaga.inventory") && has(shop.Worker, "RunWorkflow") &&
			len(orphans(spans)) == 0 && len(unserved(spans)) == 0
	})
	counts := map[string]int{}
	open := map[string]bool{} // by the span that a transaction is in
	ordered := slices.SortedFunc(maps.Values(spans), func(a, b telemetry.SpanLine) int { return a.Start.Compare(b.Start) })
	for _, span := range ordered {
		switch {
		case strings.HasSuffix(span.Scope, "otelpgx"):
			counts["SQL statements of "+span.Service]++
			if !open[span.ParentSpanID] {
				counts["transactions of "+span.Service]++ // begun, or a statement by itself
			}
			switch strings.ToUpper(span.Name) {
			case "BEGIN":
				open[span.ParentSpanID] = true
			case "COMMIT", "ROLLBACK":
				open[span.ParentSpanID] = false
			}
		case isCall(span):
			counts["gRPC calls"]++
		case strings.HasPrefix(span.Name, "publish "):
			counts["messages published"]++
		}
	}
	require.NoError(t, s.Temporal().GetWorkflow(t.Context(), sagas.WorkflowID(id), "").Get(t.Context(), nil))
	described, err := s.Temporal().DescribeWorkflowExecution(t.Context(), sagas.WorkflowID(id), "")
	require.NoError(t, err)
	counts["history events"] = int(described.GetWorkflowExecutionInfo().GetHistoryLength())
	counts["state transitions"] = int(described.GetWorkflowExecutionInfo().GetStateTransitionCount())
	history := s.Temporal().GetWorkflowHistory(t.Context(), sagas.WorkflowID(id), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			counts["workflow tasks"]++
		}
	}
	return counts
}
