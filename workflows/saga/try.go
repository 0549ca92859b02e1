package saga

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/sagas"
)

const (
	// localBound is the whole time a local try gets. All local activities of one
	// workflow task together stay under 2 s, well below WorkflowTaskTimeout.
	localBound = time.Second
	// Attempts of a regular activity before the saga counts as stuck.
	Attempts = 5
	// attemptTimeout bounds one attempt. It is above the payment provider's
	// deadline in the payments service, which must answer first.
	attemptTimeout = 10 * time.Second
	// firstRetry and lastRetry bound the pause between two attempts.
	firstRetry = 200 * time.Millisecond
	lastRetry  = 5 * time.Second
	// firstStuckPause and lastStuckPause bound the pause of a stuck saga.
	firstStuckPause = 2 * time.Second
	lastStuckPause  = 5 * time.Minute
)

// timedOut is the failure of a step that was not done by its deadline.
type timedOut struct {
	step string
	last error
}

func (e *timedOut) Error() string { return fmt.Sprintf("%s was not done in time: %v", e.step, e.last) }
func (e *timedOut) Unwrap() error { return e.last }

// try makes the call until it is done, refused, cancelled, or late. The zero
// deadline never comes. Its error is a *refusal.Refusal, a *timedOut, or the
// cancellation of ctx.
func (s *Saga) try(ctx workflow.Context, call Call, deadline time.Time) error {
	if !call.Remote {
		if done, err := s.tryLocally(ctx, call); done {
			return err
		}
	}
	defer s.unstick()
	pause := firstStuckPause
	var last error
	for attempts := Attempts; ; attempts += Attempts {
		left, late := remaining(ctx, deadline)
		if late {
			return &timedOut{call.Activity, last}
		}
		err := s.tryRegularly(ctx, call, left)
		if r, refused := sagas.RefusalOf(err); refused {
			return r
		}
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		last = err
		if left, late = remaining(ctx, deadline); late {
			return &timedOut{call.Activity, last}
		}
		s.markStuck(call, attempts, err)
		if left > 0 {
			pause = min(pause, left)
		}
		if err := workflow.Sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, lastStuckPause)
	}
}

// tryLocally tries the call once within the running workflow task. It is done
// when it succeeded, was refused or cancelled; any other failure, or no answer in
// time, leaves it to a regular activity.
func (s *Saga) tryLocally(ctx workflow.Context, call Call) (done bool, err error) {
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: localBound,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                call.Summary,
	})
	err = workflow.ExecuteLocalActivity(local, call.Activity, call.Input).Get(ctx, call.Result)
	if r, refused := sagas.RefusalOf(err); refused {
		return true, r
	}
	if err != nil && ctx.Err() != nil {
		return true, ctx.Err()
	}
	return err == nil, err
}

// tryRegularly makes up to Attempts attempts within the time that is left, or
// without such a bound when it is 0.
func (s *Saga) tryRegularly(ctx workflow.Context, call Call, left time.Duration) error {
	regular := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		ScheduleToCloseTimeout: left,
		StartToCloseTimeout:    attemptTimeout,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    firstRetry,
			BackoffCoefficient: 2,
			MaximumInterval:    lastRetry,
			MaximumAttempts:    Attempts,
		},
		Summary: call.Summary,
	})
	return workflow.ExecuteActivity(regular, call.Activity, call.Input).Get(ctx, call.Result)
}

func remaining(ctx workflow.Context, deadline time.Time) (left time.Duration, late bool) {
	if deadline.IsZero() {
		return 0, false
	}
	left = deadline.Sub(workflow.Now(ctx))
	return left, left <= 0
}
