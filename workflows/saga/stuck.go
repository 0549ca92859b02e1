package saga

import (
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

// Trouble is a call that used up its attempts.
type Trouble struct {
	Activity  string
	Attempts  int // since the saga got stuck, over all its rounds
	LastError string
}

func (s *Saga) trouble(call Call, err error) Trouble {
	return Trouble{Activity: call.Activity, Attempts: (s.rounds + 1) * Attempts, LastError: text.Line(err.Error(), errorMax)}
}

// telling is the state that operators see.
type telling struct {
	// phase is the SagaState when the saga is not stuck.
	phase string
	// said are the activities in which the saga is shown as stuck.
	said []string
	// saying is the activity that records it at the order, or nil.
	saying workflow.Future
}

// sayStuck shows the calls in which the saga is stuck, once until they change: as search attribute
// and details for operators, and in the order's stream. It does not wait for the order's answer.
func (s *Saga) sayStuck(troubles ...Trouble) {
	ctx := s.disconnected()
	workflow.SetCurrentDetails(ctx, details(troubles))
	activities := make([]string, len(troubles))
	for i, t := range troubles {
		activities[i] = t.Activity
	}
	if slices.Equal(s.said, activities) {
		return
	}
	if len(s.said) == 0 {
		s.showState(sagas.SagaStuck)
	}
	s.said = activities
	call := s.kind.Order.Stuck(s.ref, troubles)
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

// unstick removes a call that was done. When the saga is stuck in no other call, its state is shown
// as before.
func (s *Saga) unstick(activity string) {
	if !slices.Contains(s.said, activity) {
		return
	}
	s.said = slices.DeleteFunc(s.said, func(other string) bool { return other == activity })
	if len(s.said) > 0 {
		return
	}
	s.rounds = 0
	workflow.SetCurrentDetails(s.ctx, "")
	s.showState(s.phase)
}

// showState sets SagaState. An error here would be a mistake in the attribute's type, which every
// test of a saga would find.
func (s *Saga) showState(state string) {
	if err := workflow.UpsertTypedSearchAttributes(s.ctx, sagas.SagaState.ValueSet(state)); err != nil {
		workflow.GetLogger(s.ctx).Error("search attribute not set", "state", state, "error", err)
	}
}

// details is Markdown for the Web UI.
func details(troubles []Trouble) string {
	var shown strings.Builder
	for _, t := range troubles {
		shown.WriteString(fmt.Sprintf("**Stuck** in %s after %d attempts. Last error: %s\n\n",
			t.Activity, t.Attempts, text.Markdown(t.LastError, errorMax)))
	}
	shown.WriteString("It is tried again.")
	return shown.String()
}

// pausing is the pause at the beginning of a round.
type pausing struct{ woken bool }

// pause waits before the next try of the stuck calls: for a time, for an operator, or until the
// workflow is cancelled at the start of the saga.
func (s *Saga) pause() {
	ctx, stopTimer := workflow.WithCancel(s.disconnected())
	wait := min(firstPause<<min(s.rounds-1, 10), lastPause)
	timer := workflow.NewTimerWithOptions(ctx, wait, workflow.TimerOptions{
		Summary: "waits for the next try of " + strings.Join(s.said, ", ") + ", or an operator",
	})
	err := workflow.Await(ctx, func() bool {
		return timer.IsReady() || s.woken || s.course == start && s.ctx.Err() != nil
	})
	if err != nil {
		workflow.GetLogger(ctx).Error("the pause ended early", "error", err)
	}
	stopTimer()
	s.woken = false
	// The next call is a regular activity: the results of local activities could be lost with the
	// task that ended the pause.
	s.off = true
}

// continueAsRepair ends this run and continues as RepairOrder: with a small history, on the current
// build of the worker.
func (s *Saga) continueAsRepair() error {
	ctx := s.disconnected()
	s.sayStuck(s.stuck...)
	run := &commonv1.SagaRun{
		Saga: s.ref, Course: s.position(), Facts: s.facts, Undone: s.undone, Rounds: int32(s.rounds + 1),
		Cancelled: s.course == start && s.ctx.Err() != nil, Stuck: s.said, Details: details(s.stuck), Done: int32(s.done),
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
