package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/pause"
)

// sweepID returns the id of the schedule and its workflows; each task queue has its own.
func sweepID(taskQueue string) string { return "sweep-orders-" + taskQueue }

// lookAgain is how often the schedule is looked for: it is lost with Temporal's database.
const lookAgain = time.Minute

// scheduled creates or updates the schedule of the sweep, and creates it again when it is gone. Sagas
// do not wait for it: it tries again while the server refuses.
func scheduled(c client.Client, cfg settings) func(context.Context) error {
	return func(ctx context.Context) error {
		made := false
		for next := time.Second; ; {
			wait := lookAgain
			if !made || !exists(ctx, c, cfg) {
				if err := schedule(ctx, c, cfg); err != nil {
					slog.WarnContext(ctx, "the sweep is not scheduled", "error", err)
					wait, next = next, min(2*next, time.Minute)
				} else {
					made, next = true, time.Second
				}
			}
			if pause.For(ctx, wait, nil) != nil {
				return nil
			}
		}
	}
}

// exists reports whether Temporal has the schedule, or does not say.
func exists(ctx context.Context, c client.Client, cfg settings) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err := c.ScheduleClient().GetHandle(ctx, sweepID(cfg.TaskQueue)).Describe(ctx)
	var gone *serviceerror.NotFound
	return !errors.As(err, &gone)
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
