package order_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// A worker that is killed with a task in hand costs the task's timeout. A run that timed out as a
// whole would leave what it did undone.
func TestARunHasAShortTaskTimeoutAndNoEndOfItsOwn(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 450, 10)
	answer := s.Customer("anna").Place("first", shop.Of("tea", 1, "card_approve"))
	require.Equal(t, http.StatusCreated, answer.Status, "%s", answer)
	history := s.Temporal().GetWorkflowHistory(t.Context(), sagas.WorkflowID(answer.Field("id").(string)), "", false,
		enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	first, err := history.Next()
	require.NoError(t, err)
	started := first.GetWorkflowExecutionStartedEventAttributes()
	assert.Equal(t, 5*time.Second, started.GetWorkflowTaskTimeout().AsDuration())
	assert.Zero(t, started.GetWorkflowExecutionTimeout().AsDuration(), "no execution timeout")
	assert.Zero(t, started.GetWorkflowRunTimeout().AsDuration(), "no run timeout")
}

// A task that sets a search attribute which the namespace does not have fails, for ever.
func TestAWorkerIsReadyWhenItsNamespaceHasTheSearchAttributes(t *testing.T) {
	s := shop.Open(t, shop.Options{Without: []string{shop.Worker}})
	temporalClient := s.Temporal()
	bare := s.Namespace + "-bare"
	_, err := temporalClient.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: bare, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	require.NoError(t, err)

	port := strconv.Itoa(testkit.FreePort(t))
	log, err := os.Create(filepath.Join(t.TempDir(), "worker.log"))
	require.NoError(t, err)
	defer log.Close()
	worker := exec.Command(filepath.Join(os.Getenv("ORDERSAGA_BIN"), shop.Worker))
	worker.Stdout, worker.Stderr = log, log
	worker.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "PORT=" + port, "OTEL_TRACES_EXPORTER=none",
		"ORDERSAGA_ENV=development", "OIDC_ISSUER=" + testkit.Issuer(t), "OIDC_AUDIENCE=ordersaga",
		"OIDC_CLIENT_ID=" + testkit.Client(t, shop.Worker).ClientID, "OIDC_CLIENT_SECRET=" + testkit.ClientSecret,
		"TEMPORAL_ADDRESS=" + s.TemporalAddress, "TEMPORAL_NAMESPACE=" + bare, "TEMPORAL_TASK_QUEUE=" + s.TaskQueue,
		"ORDERS_GRPC_ADDR=" + s.GRPC(shop.Orders), "INVENTORY_GRPC_ADDR=" + s.GRPC(shop.Inventory), "PAYMENTS_GRPC_ADDR=" + s.GRPC(shop.Payments),
	}
	require.NoError(t, worker.Start())
	t.Cleanup(func() {
		_ = worker.Process.Signal(syscall.SIGTERM)
		_ = worker.Wait()
		if t.Failed() {
			said, _ := os.ReadFile(log.Name())
			t.Logf("the worker said:\n%s", said)
		}
	})
	readiness := func() (status int, body string) {
		response, err := http.Get("http://127.0.0.1:" + port + "/readyz")
		if err != nil {
			return 0, ""
		}
		defer response.Body.Close()
		content, _ := io.ReadAll(response.Body)
		return response.StatusCode, string(content)
	}
	testkit.Eventually(t, "the worker to name the search attribute it misses", func() bool {
		status, body := readiness()
		return status == http.StatusServiceUnavailable && strings.Contains(body, sagas.OrderStatus.GetName())
	})
	attributes := map[string]enumspb.IndexedValueType{}
	for _, name := range sagas.SearchAttributes() {
		attributes[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	testkit.Eventually(t, "the namespace to take search attributes", func() bool {
		_, err := temporalClient.OperatorService().AddSearchAttributes(context.WithoutCancel(t.Context()), &operatorservice.AddSearchAttributesRequest{
			Namespace: bare, SearchAttributes: attributes,
		})
		return err == nil
	})
	testkit.Eventually(t, "the worker to be ready", func() bool { status, _ := readiness(); return status == http.StatusOK })
}
