package runs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/text"
)

// Search attributes that the server sets itself: when a workflow task keeps failing, and when the
// workflow or one of its activities is paused.
const (
	reportedProblems = "TemporalReportedProblems"
	pauseInfo        = "TemporalPauseInfo"
)

// pausedActivity begins the entry of a paused activity in pauseInfo; its type follows.
const pausedActivity = "property:activityType="

// Run is what Temporal knows of an order's latest run.
type Run struct {
	WorkflowID, RunID, Type string
	// State is StateRunning, StatePaused, StateNone, or how the run was closed: "terminated".
	State string
	// Build is the worker build that the run is pinned to; empty when it is not pinned.
	Build string
	// Problems are those that the server reports of it: "cause=WorkflowTaskFailedCause…".
	Problems []string
	// Paused are the activities that somebody has paused, sorted.
	Paused []string
	// PausedBy is who paused and why; empty when it is not known.
	PausedBy string
	// NextTry is when a stuck saga tries again; zero when it is not known.
	NextTry time.Time
	// Pending are its open activities.
	Pending []Pending
}

// Values of Run.State besides those of closed runs.
const (
	StateRunning = "running"
	StatePaused  = "paused" // somebody has paused it
	StateNone    = "none"
)

// Pending is an activity that is not done.
type Pending struct {
	Activity  string
	Attempt   int32
	LastError string    // of the attempt before; empty for the first
	NextAt    time.Time // of the next attempt; zero while one is made
}

// Problems of runs that their sagas cannot report.
const (
	// NoRun: no run works on the saga. The sweep starts one.
	NoRun = "no_run"
	// Paused: somebody has paused the workflow or one of its activities in Temporal.
	Paused = "paused"
	// TaskFailing: a workflow task fails again and again, which is a mistake in the worker's code.
	TaskFailing = "task_failing"
	// NoWorker: no worker polls the task queue, or none of the build that the run is pinned to.
	NoWorker = "no_worker"
)

// maxError bounds the text of an error, in characters.
const maxError = 1000

// Look describes the latest run of an order.
func (r *Runs) Look(ctx context.Context, orderID string) (Run, error) {
	id := sagas.WorkflowID(orderID)
	described, err := r.temporal.DescribeWorkflowExecution(ctx, id, "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return Run{WorkflowID: id, State: StateNone}, nil
	}
	if err != nil {
		return Run{}, fmt.Errorf("describe the run of order %s: %w", orderID, err)
	}
	run := runOf(described.GetWorkflowExecutionInfo())
	if info := described.GetWorkflowExtendedInfo().GetPauseInfo(); info != nil {
		run.PausedBy = by(info.GetIdentity(), info.GetReason())
	}
	for _, pending := range described.GetPendingActivities() {
		shown := Pending{
			Activity: pending.GetActivityType().GetName(), Attempt: pending.GetAttempt(),
			LastError: text.Line(pending.GetLastFailure().GetMessage(), maxError),
		}
		if at := pending.GetNextAttemptScheduleTime(); at.IsValid() && at.AsTime().After(time.Now()) {
			shown.NextAt = at.AsTime()
		}
		if info := pending.GetPauseInfo().GetManual(); info != nil && run.PausedBy == "" {
			run.PausedBy = by(info.GetIdentity(), info.GetReason())
		}
		run.Pending = append(run.Pending, shown)
	}
	return run, nil
}

// by is who did something in Temporal, and why.
func by(identity, reason string) string {
	return text.Line(cmp.Or(identity, "unknown")+": "+cmp.Or(reason, "no reason given"), maxError)
}

func runOf(info *workflowpb.WorkflowExecutionInfo) Run {
	run := Run{
		WorkflowID: info.GetExecution().GetWorkflowId(), RunID: info.GetExecution().GetRunId(),
		Type: info.GetType().GetName(), State: StateRunning,
	}
	if info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		run.State = strings.ToLower(info.GetStatus().String())
	}
	if versioning := info.GetVersioningInfo(); versioning.GetBehavior() == enumspb.VERSIONING_BEHAVIOR_PINNED {
		run.Build = versioning.GetDeploymentVersion().GetBuildId()
	}
	decode(info.GetSearchAttributes().GetIndexedFields()[reportedProblems], &run.Problems)
	var paused []string
	decode(info.GetSearchAttributes().GetIndexedFields()[pauseInfo], &paused)
	for _, entry := range paused {
		if activity, ok := strings.CutPrefix(entry, pausedActivity); ok {
			run.Paused = append(run.Paused, activity)
		}
	}
	slices.Sort(run.Paused)
	var next string
	if decode(info.GetMemo().GetFields()[sagas.MemoNextTry], &next) {
		run.NextTry, _ = time.Parse(time.RFC3339, next)
	}
	return run
}

// decode reads a value that the SDK or the server encoded as JSON.
func decode(payload *commonpb.Payload, into any) bool {
	return payload != nil && converter.GetDefaultDataConverter().FromPayload(payload, into) == nil
}

// Problem returns what the run's saga cannot report, or "".
func (r Run) Problem(polled Polled) string {
	switch {
	case r.State == StatePaused || len(r.Paused) > 0:
		return Paused
	case r.State != StateRunning:
		return NoRun
	case len(r.Problems) > 0:
		return TaskFailing
	case polled.workers == 0, r.Build != "" && !polled.builds[r.Build]:
		return NoWorker
	}
	return ""
}

// Explain puts the run's problem into a sentence; empty when it has none.
func (r Run) Explain(polled Polled) string {
	build := ""
	if r.Build != "" {
		build = " of build " + r.Build
	}
	switch r.Problem(polled) {
	case NoRun:
		if r.State == StateNone {
			return "No workflow runs for it: Temporal knows of none."
		}
		return fmt.Sprintf("No workflow runs for it: the last one was closed (%s).", r.State)
	case Paused:
		what, who := "Its workflow", ""
		if r.State != StatePaused {
			what = "Its step " + strings.Join(r.Paused, ", ")
		}
		if r.PausedBy != "" {
			who = " (" + r.PausedBy + ")"
		}
		return what + " is paused in Temporal" + who + "."
	case TaskFailing:
		return fmt.Sprintf("Its workflow task%s fails again and again (%s): a mistake in the worker's code.", build, strings.Join(r.Problems, ", "))
	case NoWorker:
		return fmt.Sprintf("No worker%s polls for it.", build)
	}
	return ""
}

// Polled is which workers poll the task queue of the sagas.
type Polled struct {
	workers int
	builds  map[string]bool
}

// pollerGone is the time after which a worker that has not polled is gone; a poll takes a minute.
const pollerGone = 2 * time.Minute

// Polled asks which workers poll the task queue.
func (r *Runs) Polled(ctx context.Context) (Polled, error) {
	described, err := r.temporal.DescribeTaskQueue(ctx, r.taskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return Polled{}, fmt.Errorf("look at the task queue %q: %w", r.taskQueue, err)
	}
	polled := Polled{builds: map[string]bool{}}
	for _, poller := range described.GetPollers() {
		if time.Since(poller.GetLastAccessTime().AsTime()) > pollerGone {
			continue
		}
		polled.workers++
		if build := poller.GetDeploymentOptions().GetBuildId(); build != "" {
			polled.builds[build] = true
		}
	}
	return polled, nil
}
