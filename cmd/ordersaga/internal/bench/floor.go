package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Names of the workflows that orders are compared with.
const (
	emptyWorkflow    = "BenchEmpty"
	activityWorkflow = "BenchActivities"
	nothing          = "BenchNothing"
	waitUpdate       = "wait"
	activities       = 5
)

// floor runs workflows that do nothing, by Update-with-Start as orders are placed, on a worker in
// this process.
type floor struct {
	client client.Client
	worker worker.Worker
	queue  string
}

func openFloor(ctx context.Context, address, namespace string) (*floor, error) {
	c, err := client.DialContext(ctx, client.Options{
		HostPort: address, Namespace: namespace, Logger: log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
	})
	if err != nil {
		return nil, fmt.Errorf("no answer from Temporal at %s: %w", address, err)
	}
	f := &floor{client: c, queue: "bench-" + uuid.NewString()}
	// The same numbers as ordersaga's worker.
	f.worker = worker.New(c, f.queue, worker.Options{
		MaxConcurrentActivityExecutionSize: 100, MaxConcurrentWorkflowTaskExecutionSize: 100,
		MaxConcurrentWorkflowTaskPollers: 8, MaxConcurrentActivityTaskPollers: 8,
	})
	f.worker.RegisterWorkflowWithOptions(empty, workflow.RegisterOptions{Name: emptyWorkflow})
	f.worker.RegisterWorkflowWithOptions(fiveActivities, workflow.RegisterOptions{Name: activityWorkflow})
	f.worker.RegisterActivityWithOptions(func(context.Context) error { return nil }, activity.RegisterOptions{Name: nothing})
	if err := f.worker.Start(); err != nil {
		c.Close()
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	return f, nil
}

func (f *floor) close() {
	f.worker.Stop()
	f.client.Close()
}

// run makes a unit of work that runs the workflow and waits for its answer.
func (f *floor) run(name string) work {
	return func(ctx context.Context, _, _ int) (time.Duration, error) {
		start := f.client.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
			ID: "bench-" + uuid.NewString(), TaskQueue: f.queue, WorkflowTaskTimeout: 5 * time.Second,
			WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		}, name)
		update, err := f.client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
			StartWorkflowOperation: start,
			UpdateOptions:          client.UpdateWorkflowOptions{UpdateName: waitUpdate, WaitForStage: client.WorkflowUpdateStageCompleted},
		})
		if err == nil {
			err = update.Get(ctx, nil)
		}
		if err != nil {
			return 0, fmt.Errorf("run %s: %w", name, err)
		}
		return 0, nil
	}
}

func empty(ctx workflow.Context) error { return answered(ctx, func() error { return nil }) }

func fiveActivities(ctx workflow.Context) error {
	return answered(ctx, func() error {
		ctx := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: 10 * time.Second, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 5},
		})
		for range activities {
			if err := workflow.ExecuteActivity(ctx, nothing).Get(ctx, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// answered runs a workflow whose update waits for its end.
func answered(ctx workflow.Context, run func() error) error {
	done := false
	err := workflow.SetUpdateHandler(ctx, waitUpdate, func(ctx workflow.Context) error {
		return workflow.Await(ctx, func() bool { return done })
	})
	if err != nil {
		return err
	}
	err = run()
	done = true
	if err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}
