// Package replay has the histories of workflows that every later build must replay.
package replay_test

import (
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

var record = flag.Bool("record", false, "record histories that are not recorded yet, with a real server")

// recording is a shop whose histories are written to testdata.
type recording struct {
	*shop.Shop
	t        *testing.T
	temporal client.Client
	ann      *shop.Person
	requests int
}

func TestRecord(t *testing.T) {
	if !*record {
		t.Skip("only with -record")
	}
	s := shop.Open(t, shop.Options{Env: map[string][]string{shop.Worker: {"SWEEP_AGE=0s", "SWEEP_INTERVAL=1h"}}})
	s.Sells("tea", 450, 1000)
	s.Sells("rare", 900, 1)
	r := &recording{Shop: s, t: t, temporal: s.Temporal(), ann: s.Customer("anna")}

	r.keep("place-confirmed", r.place("confirmed", shop.Of("tea", 2, "card_approve")))
	r.keep("place-declined", r.place("declined", shop.Of("tea", 2, "card_declined")))
	r.keep("place-out-of-stock", r.place("short", shop.Of("rare", 2, "card_approve")))
	r.keep("place-slow", r.place("slow", shop.Of("tea", 1, "card_slow")))

	cancelled := r.place("cancelled", shop.Of("tea", 1, "card_slow"), "Prefer", "respond-async")
	r.post(cancelled, "cancellations", map[string]any{"reason": "customer"})
	r.keep("place-cancelled", cancelled)

	whole := r.place("whole", shop.Of("tea", 2, "card_approve"))
	r.post(whole, "cancellations", map[string]any{"reason": "customer"})
	r.keep("cancel-whole", whole)

	fee := map[string]any{"reason": "customer", "stock": "write_off", "fee": map[string]any{"amount": 100, "currency": "GBP"}}
	kept := r.place("fee", shop.Of("tea", 2, "card_approve"))
	r.post(kept, "cancellations", fee)
	r.keep("cancel-fee", kept)
	declined := r.place("fee-declined", shop.Of("tea", 2, "card_capture_declined"))
	r.post(declined, "cancellations", fee)
	r.keep("cancel-fee-refused", declined)

	life := r.place("life", shop.Of("tea", 5, "card_approve"))
	lines := map[string]any{"lines": []any{map[string]any{"line": 1, "quantity": 2}}}
	r.post(life, "shipments", lines)
	r.keep("ship-part", life)
	r.post(life, "cancellations", map[string]any{"reason": "customer", "lines": lines["lines"]})
	r.keep("cancel-part", life)
	r.post(life, "shipments", map[string]any{})
	r.keep("ship-rest", life)
	r.post(life, "refunds", map[string]any{"amount": map[string]any{"amount": 100, "currency": "GBP"}, "reason": "goodwill"})
	r.keep("refund", life)

	refused := r.place("refused", shop.Of("tea", 1, "card_capture_declined"))
	r.post(refused, "shipments", map[string]any{})
	r.keep("ship-refused", refused)

	// A refund is stuck while payments is away, goes on as RepairOrder, and is taken over when that
	// run was ended from outside.
	s.Kill(shop.Payments)
	r.post(life, "refunds", map[string]any{"amount": map[string]any{"amount": 50, "currency": "GBP"}, "reason": "late"}, "Prefer", "respond-async")
	testkit.Eventually(t, "the saga to be stuck", func() bool { return s.Order(life).Stuck != nil })
	testkit.Eventually(t, "the saga to pause", func() bool { return r.workflow(life) == sagas.RepairOrder })
	s.Start(shop.Payments)
	r.post(life, "acts", map[string]any{"act": "retry", "note": "payments is back"})
	testkit.Eventually(t, "the refund", func() bool { return s.Order(life).Stuck == nil })
	r.keep("repair-refund", life)

	resumed := r.place("resumed", shop.Of("tea", 1, "card_slow"), "Prefer", "respond-async")
	testkit.Eventually(t, "the stock to be held", func() bool { return r.workflow(resumed) == sagas.PlaceOrder })
	require.NoError(t, r.temporal.TerminateWorkflow(t.Context(), sagas.WorkflowID(resumed), "", "by hand"))
	sweep := r.temporal.ScheduleClient().GetHandle(t.Context(), "sweep-orders-"+s.TaskQueue)
	testkit.Eventually(t, "the sweep to settle the order", func() bool {
		_ = sweep.Trigger(t.Context(), client.ScheduleTriggerOptions{})
		return s.Order(resumed).Status == sagas.StatusRejected
	})
	r.keep("resume", resumed)
	r.keepSweep()
}

func (r *recording) place(key string, basket shop.Basket, headers ...string) string {
	answer := r.ann.Place(key, basket, headers...)
	if id, ok := answer.Field("id").(string); ok {
		return id
	}
	id, ok := answer.Field("order_id").(string)
	require.True(r.t, ok, "%s", answer)
	return id
}

func (r *recording) post(order, what string, body map[string]any, headers ...string) {
	r.requests++
	headers = append([]string{"Idempotency-Key", strconv.Itoa(r.requests), "If-Match", "*"}, headers...)
	answer := r.Operator().Post(shop.Orders, "/v1/orders/"+order+"/"+what, body, headers...)
	require.Less(r.t, answer.Status, http.StatusBadRequest, "%s", answer)
}

// workflow is the type of an order's latest run.
func (r *recording) workflow(order string) string {
	described, err := r.temporal.DescribeWorkflowExecution(r.t.Context(), sagas.WorkflowID(order), "")
	if err != nil {
		return ""
	}
	return described.GetWorkflowExecutionInfo().GetType().GetName()
}

// keep waits for the end of an order's latest run and writes its history.
func (r *recording) keep(name, order string) {
	_ = r.temporal.GetWorkflow(r.t.Context(), sagas.WorkflowID(order), "").Get(r.t.Context(), nil)
	r.write(name, sagas.WorkflowID(order), "")
}

func (r *recording) keepSweep() {
	testkit.Eventually(r.t, "a sweep that has ended", func() bool {
		listed, err := r.temporal.ListWorkflow(r.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: "WorkflowType = '" + sagas.SweepOrders + "' AND ExecutionStatus = 'Completed' AND TaskQueue = '" + r.TaskQueue + "'",
		})
		if err != nil || len(listed.GetExecutions()) == 0 {
			return false
		}
		run := listed.GetExecutions()[0].GetExecution()
		r.write("sweep", run.GetWorkflowId(), run.GetRunId())
		return true
	})
}

func (r *recording) history(workflow, run string) *historypb.History {
	history := &historypb.History{}
	events := r.temporal.GetWorkflowHistory(r.t.Context(), workflow, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(r.t, err)
		history.Events = append(history.Events, event)
	}
	return history
}

// identities name machines.
var identities = regexp.MustCompile(`"identity": *"[^"]*"`)

// write writes a history, unless one of the name is recorded.
func (r *recording) write(name, workflow, run string) {
	file := filepath.Join("testdata", name+".json")
	if _, err := os.Stat(file); err == nil {
		return
	}
	encoded, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(r.history(workflow, run))
	require.NoError(r.t, err)
	require.NoError(r.t, os.WriteFile(file, identities.ReplaceAll(encoded, []byte(`"identity": "worker"`)), 0o600))
}
