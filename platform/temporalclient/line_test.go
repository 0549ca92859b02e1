package temporalclient

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/netfault"
)

// TestASilentLineIsNoticed has a worker whose polls wait at a server that it does not hear any
// more: it must poll anew, by another connection.
func TestASilentLineIsNoticed(t *testing.T) {
	address, namespace := testkit.Temporal(t)
	line := netfault.New(t, "tcp://"+address)
	t.Setenv("TEMPORAL_ADDRESS", line.URL()[len("tcp://"):])
	t.Setenv("TEMPORAL_NAMESPACE", namespace)
	c, err := Dial(t.Context(), converter.GetDefaultDataConverter())
	require.NoError(t, err)
	t.Cleanup(c.Close)
	queue := testkit.TaskQueue(t)
	w := worker.New(c, queue, worker.Options{})
	w.RegisterWorkflowWithOptions(func(workflow.Context) error { return nil }, workflow.RegisterOptions{Name: "nothing"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)

	direct, err := client.DialContext(t.Context(), client.Options{HostPort: address, Namespace: namespace})
	require.NoError(t, err)
	t.Cleanup(direct.Close)
	run := func(within time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		started, err := direct.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: queue, WorkflowTaskTimeout: time.Second}, "nothing")
		require.NoError(t, err)
		return started.Get(ctx, nil)
	}
	require.NoError(t, run(time.Minute), "the worker works")
	line.Forget()
	require.NoError(t, run(28*time.Second), "the worker does not notice that nobody hears its polls")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err = c.CheckHealth(ctx, &client.CheckHealthRequest{})
	assert.NoError(t, err, "the client calls by another connection")
}
