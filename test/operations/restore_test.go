package operations_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// TestDumpsOfDifferentTimesAreMadeToAgreeByRunningTheSagasAgain is the drill of docs/operations.md
// for those who have a dump of each database, taken one after the other while orders went on, and
// Temporal's histories of a later time: what customers were told is true again, and everything
// agrees.
func TestDumpsOfDifferentTimesAreMadeToAgreeByRunningTheSagasAgain(t *testing.T) {
	s := shop.Open(t, shop.Options{Env: map[string][]string{shop.Worker: {"SWEEP_INTERVAL=1s", "SWEEP_AGE=0s"}}})
	began := time.Now()
	for service := range grown { // nobody can order again what was delivered after inventory's dump
		s.Sells(soldBefore(service), 100, 1000)
	}
	dumps := map[string]string{}
	loads := []*shop.Load{
		dumpUnderLoad(t, s, dumps, 20, shop.Orders), // which does not know the orders that follow
		dumpUnderLoad(t, s, dumps, 15, shop.Inventory),
		dumpUnderLoad(t, s, dumps, 15, shop.Payments),
	}
	dump(t, s, dumps, shop.Catalog)
	for _, load := range loads {
		load.Settles()
	}
	told := statuses(t, s)
	require.Len(t, told, 50)

	for _, program := range []string{shop.Worker, shop.Orders, shop.Payments, shop.Inventory, shop.Catalog} {
		s.Stop(program)
	}
	for service, dump := range dumps {
		restore(t, s, service, dump)
	}
	// The read stores are ahead of what was restored, and keep the newer version.
	for _, program := range []string{shop.Orders, shop.Catalog} {
		require.NoError(t, s.Mongo(program).Drop(t.Context()))
	}
	_, err := s.SQL(shop.Catalog).ExecContext(t.Context(), `DELETE FROM availability`)
	require.NoError(t, err)
	require.Less(t, len(statuses(t, s)), len(told), "the drill needs orders that the log's dump does not have")

	for _, program := range []string{shop.Catalog, shop.Inventory, shop.Payments, shop.Orders} {
		s.Start(program)
	}
	for _, command := range [][]string{{"rebuild", "orders"}, {"rebuild", "products"}, {"announce", "stock"}} {
		printed, code := s.Run(command...)
		require.Zero(t, code, printed)
	}
	// Before the worker: its sweep would undo what it finds unsettled.
	runAgain(t, s, began, len(told))
	s.Start(shop.Worker)

	for _, load := range loads {
		load.Settles()
	}
	assert.Equal(t, told, statuses(t, s), "what customers were told")
}

// grown counts the orders that have come far in a service.
var grown = map[string]string{
	shop.Orders:    "SELECT count(*) FROM events WHERE type = 'OrderConfirmed.v1'",
	shop.Inventory: "SELECT count(*) FROM reservations WHERE state = 'allocated'",
	shop.Payments:  "SELECT count(*) FROM operations WHERE state = 'authorized'",
}

// soldBefore is the SKU that is sold while a service is dumped.
func soldBefore(service string) string { return "sold-before-" + service }

// dumpUnderLoad has customers place orders, and dumps a service's database when some of them have
// passed, so that each dump is of another time.
func dumpUnderLoad(t *testing.T, s *shop.Shop, dumps map[string]string, count int, service string) *shop.Load {
	t.Helper()
	more := orders(t, s, service, grown[service]) + 3
	load := s.Load(t, soldBefore(service), count)
	testkit.Eventually(t, fmt.Sprintf("%s to have %d orders", service, more), func() bool { return orders(t, s, service, grown[service]) >= more })
	dump(t, s, dumps, service)
	return load
}

func dump(t *testing.T, s *shop.Shop, dumps map[string]string, service string) {
	t.Helper()
	dumps[service] = filepath.Join(t.TempDir(), service+".dump")
	tool(t, "pg_dump", "--format=custom", "--file", dumps[service], "--dbname", databaseURL(s, service))
}

func orders(t *testing.T, s *shop.Shop, service, count string) (number int) {
	t.Helper()
	require.NoError(t, s.SQL(service).QueryRowContext(t.Context(), count).Scan(&number))
	return number
}

func restore(t *testing.T, s *shop.Shop, service, dump string) {
	t.Helper()
	tool(t, "pg_restore", "--clean", "--if-exists", "--exit-on-error", "--single-transaction", "--dbname", databaseURL(s, service), dump)
}

// runAgain resets every run that was at work since the first dump began to its first task, when
// Temporal lists all of them. Its steps answer as they did, or are done.
func runAgain(t *testing.T, s *shop.Shop, since time.Time, all int) {
	t.Helper()
	temporal := s.Temporal()
	query := fmt.Sprintf(`WorkflowType = "PlaceOrder" AND (ExecutionStatus = "Running" OR CloseTime >= %q)`, since.UTC().Format(time.RFC3339))
	var found *workflowservice.ListWorkflowExecutionsResponse
	testkit.Eventually(t, fmt.Sprintf("Temporal to list the runs of %d orders", all), func() (listed bool) {
		var err error
		found, err = temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: s.Namespace, PageSize: 1000, Query: query})
		return err == nil && len(found.GetExecutions()) >= all
	})
	for _, run := range found.GetExecutions() {
		_, err := temporal.ResetWorkflowExecution(t.Context(), &workflowservice.ResetWorkflowExecutionRequest{
			Namespace: s.Namespace, WorkflowExecution: run.GetExecution(), RequestId: uuid.NewString(), Reason: "restored",
			WorkflowTaskFinishEventId: firstTask(t, temporal, run.GetExecution()),
			ResetReapplyExcludeTypes:  []enumspb.ResetReapplyExcludeType{enumspb.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE},
		})
		var gone *serviceerror.NotFound
		if !errors.As(err, &gone) {
			require.NoError(t, err)
		}
	}
}

func firstTask(t *testing.T, temporal client.Client, run *commonpb.WorkflowExecution) int64 {
	t.Helper()
	history := temporal.GetWorkflowHistory(t.Context(), run.GetWorkflowId(), run.GetRunId(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			return event.GetEventId()
		}
	}
	require.Fail(t, "a run without a completed task", run.GetWorkflowId())
	return 0
}

// statuses of the orders in the log.
func statuses(t *testing.T, s *shop.Shop) map[string]string {
	t.Helper()
	rows, err := s.SQL(shop.Orders).QueryContext(t.Context(), `
		SELECT stream, string_agg(type, ' ' ORDER BY version) FILTER (WHERE type ~ '^Order(Confirmed|Rejected|Cancelled)') FROM events GROUP BY stream`)
	require.NoError(t, err)
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var stream string
		var settled sql.NullString
		require.NoError(t, rows.Scan(&stream, &settled))
		found[stream] = settled.String
	}
	require.NoError(t, rows.Err())
	return found
}

func databaseURL(s *shop.Shop, service string) string {
	for _, entry := range s.Environment(service) {
		if url, found := strings.CutPrefix(entry, "DATABASE_URL="); found {
			return url
		}
	}
	return ""
}

func tool(t *testing.T, name string, arguments ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, name, arguments...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	require.NoError(t, command.Run(), "%s: %s", name, output.String())
}
