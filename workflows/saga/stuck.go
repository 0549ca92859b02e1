package saga

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/anypb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/text"
)

const (
	// firstPause and lastPause bound the pause of a stuck saga; it doubles from round to round.
	firstPause = 2 * time.Second
	lastPause  = 5 * time.Minute
	// errorMax bounds the error text that is recorded and shown, in characters.
	errorMax = 1000
)

// Trouble is a call that used up its attempts, or was refused and must not be.
type Trouble struct {
	Activity  string
	Attempts  int // since the saga got stuck, over all its rounds
	LastError string
	// Service is the one that was called, Kind one of the kinds of failures in contracts/sagas.
	Service, Kind string
	// TraceID of the last attempt; empty when it is not known.
	TraceID string
}

func (s *Saga) trouble(call Call, err error) Trouble {
	return troubleOf(call, (s.rounds+1)*Attempts, err)
}

func troubleOf(call Call, attempts int, err error) Trouble {
	failure := sagas.FailureOf(err)
	return Trouble{
		Activity: call.Activity, Attempts: attempts, LastError: text.Line(messageOf(err), errorMax),
		Service: sagas.ServiceOf(call.request), Kind: failure.GetKind(), TraceID: failure.GetTraceId(),
	}
}

// messageOf returns what the service said, without the names that Temporal's errors put around it.
func messageOf(err error) string {
	var application *temporal.ApplicationError
	if errors.As(err, &application) {
		return application.Message()
	}
	return err.Error()
}

// telling is the state that operators see.
type telling struct {
	// phase is the SagaState when the saga is not stuck.
	phase string
	// said are the activities in which the saga is shown as stuck.
	said []string
	// kinds of the errors that were recorded for them, in the same order; empty when an earlier
	// build recorded them.
	kinds []string
	// saying is the activity that records it at the order, or nil.
	saying workflow.Future
	// sayAgain has it recorded once more although it is stuck in the same activities.
	sayAgain bool
}

// sayStuck shows the calls in which the saga is stuck, once until they or the kinds of their errors
// change: as search attribute and details for operators, and in the order's stream. It does not wait
// for the order's answer.
func (s *Saga) sayStuck(troubles ...Trouble) {
	ctx := s.disconnected()
	workflow.SetCurrentDetails(ctx, s.details(troubles))
	activities, kinds := make([]string, len(troubles)), make([]string, len(troubles))
	for i, t := range troubles {
		activities[i], kinds[i] = t.Activity, t.Kind
	}
	if slices.Equal(s.said, activities) && s.sameKinds(kinds) && !s.sayAgain {
		return
	}
	s.sayAgain = false
	if len(s.said) == 0 {
		s.showState(sagas.SagaStuck)
	}
	s.said, s.kinds = activities, kinds
	call := s.kind.Order.Stuck(s.ref, troubles, workflow.GetInfo(ctx).GetCurrentBuildID())
	// One attempt, and its failure changes nothing: the failing service may be the one that records
	// it.
	once := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    attemptTimeout,
		ScheduleToCloseTimeout: attemptTimeout,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                call.Summary,
	})
	s.saying = workflow.ExecuteActivity(once, call.Activity, call.request)
}

// sameKinds reports whether the kinds of the errors that are recorded need no change. A refusal stays
// until its call is done, because an operator has to read it: what disagreed with a settlement.
func (s *Saga) sameKinds(kinds []string) bool {
	for i, recorded := range s.kinds {
		if i < len(kinds) && recorded != kinds[i] && recorded != sagas.FailureRefused {
			return false
		}
	}
	return true
}

// unstick removes a call that was done. When the saga is stuck in no other call, its state is shown
// as before.
func (s *Saga) unstick(activity string) {
	i := slices.Index(s.said, activity)
	if i < 0 {
		return
	}
	s.said = slices.Delete(s.said, i, i+1)
	if i < len(s.kinds) {
		s.kinds = slices.Delete(s.kinds, i, i+1)
	}
	if len(s.said) > 0 {
		return
	}
	s.rounds = 0
	workflow.SetCurrentDetails(s.ctx, "")
	s.tellNextTry(nil)
	s.showState(s.phase)
}

// showState sets SagaState. An error here would be a mistake in the attribute's type, which every
// test of a saga would find.
func (s *Saga) showState(state string) {
	if err := workflow.UpsertTypedSearchAttributes(s.ctx, sagas.SagaState.ValueSet(state)); err != nil {
		workflow.GetLogger(s.ctx).Error("search attribute not set", "state", state, "error", err)
	}
}

// details is Markdown for the Web UI: what is stuck, why, and what an operator may do.
func (s *Saga) details(troubles []Trouble) string {
	var shown strings.Builder
	id, settles := s.ref.GetOrderId(), false
	for _, t := range troubles {
		shown.WriteString(fmt.Sprintf("**Stuck** in %s of %s after %d attempts: %s. Last error: %s\n\n",
			t.Activity, t.Service, t.Attempts, t.Kind, text.Markdown(t.LastError, errorMax)))
		settles = settles || sagas.Settleable(t.Activity)
	}
	shown.WriteString(fmt.Sprintf("It is tried again by itself. An operator may:\n\n- see why, and what can be done: `ordersaga why %s`\n- try now: `ordersaga sagas retry %s --note WHY`\n", id, id))
	for _, t := range troubles {
		if meaning, ok := sagas.Skippable(s.ref.GetKind(), t.Activity); ok {
			shown.WriteString(fmt.Sprintf("- go on without it (%s): `ordersaga sagas skip %s --step %s --note WHY`\n", text.Markdown(meaning, errorMax), id, t.Activity))
		}
	}
	if settles {
		shown.WriteString(fmt.Sprintf("- say what the payment provider has: `ordersaga sagas settle %s --reference REFERENCE --note WHY`\n", id))
	}
	return shown.String()
}

// pausing is the pause at the beginning of a round.
type pausing struct{ woken bool }

// pause waits before the next try of the stuck calls: for a time, for an operator, or until the
// workflow is cancelled at the start of the saga.
func (s *Saga) pause() {
	wait := min(firstPause<<min(s.rounds-1, 10), lastPause)
	err := s.rest(s.disconnected(), wait, func() bool { return s.course == start && s.ctx.Err() != nil })
	if err != nil {
		workflow.GetLogger(s.ctx).Error("the pause ended early", "error", err)
	}
	// The next call is a regular activity: the results of local activities could be lost with the
	// task that ended the pause.
	s.off = true
}

// rest waits before a try of the stuck calls: for a time, for an operator, or until also says so.
func (s *Saga) rest(ctx workflow.Context, wait time.Duration, also func() bool) error {
	ctx, stopTimer := workflow.WithCancel(ctx)
	defer stopTimer()
	next := workflow.Now(ctx).Add(wait)
	s.tellNextTry(&next)
	timer := workflow.NewTimerWithOptions(ctx, wait, workflow.TimerOptions{
		Summary: "waits for the next try of " + strings.Join(s.said, ", ") + ", or an operator",
	})
	err := workflow.Await(ctx, func() bool { return timer.IsReady() || s.woken || also != nil && also() })
	s.woken = false
	return err
}

// tellNextTry keeps the time of the next try in the run's memo, which can be read without a worker.
func (s *Saga) tellNextTry(at *time.Time) {
	var value any
	if at != nil {
		value = at.UTC().Format(time.RFC3339)
	}
	if err := workflow.UpsertMemo(s.ctx, map[string]any{sagas.MemoNextTry: value}); err != nil {
		workflow.GetLogger(s.ctx).Error("memo not set", "error", err)
	}
}

// continueAsRepair ends this run and continues as RepairOrder: with a small history, on the current
// build of the worker.
func (s *Saga) continueAsRepair() error {
	ctx := s.disconnected()
	s.sayStuck(s.stuck...)
	run := &commonv1.SagaRun{
		Saga: s.ref, Course: s.position(), Facts: s.facts, Undone: s.undone, Rounds: int32(s.rounds + 1),
		Cancelled: s.course == start && s.ctx.Err() != nil, Stuck: s.said, StuckKinds: s.kinds, Details: s.details(s.stuck), Done: int32(s.done),
	}
	if s.in != nil {
		input, err := anypb.New(s.in)
		if err != nil {
			return err
		}
		run.Input = input
	}
	if err := s.drain(ctx); err != nil {
		return err
	}
	run.Woken, run.Unrecorded = s.woken, s.sayAgain
	return workflow.NewContinueAsNewErrorWithOptions(ctx, workflow.ContinueAsNewErrorOptions{
		InitialVersioningBehavior: workflow.ContinueAsNewVersioningBehaviorAutoUpgrade,
	}, sagas.RepairOrder, run)
}

// position returns where the next run continues; nil when it has to ask the order.
func (s *Saga) position() *commonv1.Course {
	switch {
	case s.asking:
		return nil
	case s.course == atPivot:
		return &commonv1.Course{At: &commonv1.Course_Pivot{Pivot: &commonv1.Forward{}}}
	case s.course == pastPivot:
		return &commonv1.Course{At: &commonv1.Course_PastPivot{PastPivot: &commonv1.Forward{}}}
	case s.course == turnedBack:
		return &commonv1.Course{At: &commonv1.Course_TurnedBack{TurnedBack: sagas.RefusalMessage(s.why())}}
	default:
		return &commonv1.Course{At: &commonv1.Course_Start{Start: &commonv1.Forward{}}}
	}
}
