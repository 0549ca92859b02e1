package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// sweepID returns the id of the schedule and its workflows; each task queue has its own.
func sweepID(taskQueue string) string { return "sweep-orders-" + taskQueue }

// scheduled creates or updates the schedule of the sweep. Sagas do not wait for it: it tries again
// while the server refuses.
func scheduled(c client.Client, cfg settings) func(context.Context) error {
	return func(ctx context.Context) error {
		for pause := time.Second; ; pause = min(2*pause, time.Minute) {
			err := schedule(ctx, c, cfg)
			if err == nil || ctx.Err() != nil {
				break
			}
			slog.WarnContext(ctx, "the sweep is not scheduled", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
		}
		<-ctx.Done()
		return nil
	}
}

func schedule(ctx context.Context, c client.Client, cfg settings) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	spec := client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: cfg.SweepInterval}}}
	action := &client.ScheduleWorkflowAction{
		ID: sweepID(cfg.TaskQueue), Workflow: sagas.SweepOrders, TaskQueue: cfg.TaskQueue,
		Args: []any{sagas.SweepOrdersInput{OlderThan: cfg.SweepAge}},
	}
	_, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: sweepID(cfg.TaskQueue), Spec: spec, Action: action,
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: cfg.SweepInterval,
	})
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	return c.ScheduleClient().GetHandle(ctx, sweepID(cfg.TaskQueue)).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(input client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			updated := input.Description.Schedule
			updated.Spec, updated.Action = &spec, action
			return &client.ScheduleUpdate{Schedule: &updated}, nil
		},
	})
}
