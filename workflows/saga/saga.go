// Package saga runs the steps of a saga on an order and undoes them when one fails.
//
// A saga is one function, its story:
//
//	func tell(s *saga.Saga, in *ordersv1.PlaceOrderInput) {
//		s.Begin(recordPlaced)
//		s.Do(reserveStock)
//		s.Do(authorizePayment)
//		s.Pivot(recordConfirmed)
//		s.TurnBack(recordRejected, recordCancelled)
//	}
//
// After a step fails the following ones are skipped, as in bufio.Writer, so the story needs no
// error handling. It must not branch on results, because it is run in several modes.
//   - Forward: the first run of a saga.
//   - From the pivot on, or turning back: a later run. A Do is not made again but registers its undo, because a lost run may have done it.
//   - Listing: the steps are listed and nothing is called (List).
//
// The rules, each kept by a test:
//   - The order decides the direction. The first step, the pivot, and the step that turns back are answered with a direction; the memory of a workflow can be lost, the order's stream cannot.
//   - The undo is registered before the do is tried: a do that failed may have happened. Only a
//     refusal of the do itself proves that it did not.
//   - A step that is skipped because of a cancel or a deadline registers its undo too: a lost workflow task may have done it.
//   - Before anything is undone the order refuses the pivot; if the pivot was already passed, nothing is undone.
//   - Undos run in parallel, except when one waits for another, in a disconnected context. Their errors never hide the first failure, and a failing one does not block others.
//   - Before the pivot a step has a deadline, then the saga turns back. From the pivot on it only
//     goes forward.
//   - An internal step is tried once as a local activity, which costs no task and no history of its
//     own, then as a regular one. The local tries of one workflow task share one bound.
//   - A step that used up its attempts is stuck. This is recorded at the order, and when no deadline applies the saga continues as RepairOrder: a pause, a try. So a history stays small for weeks, and a new build of the worker can take over.
package saga

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// Step is a call with its undo.
type Step struct {
	// Key is the barrier's key of the step, in the requests of the do and the undo.
	Key *commonv1.Step
	Do  Call
	// Undo undoes the do. Without an activity the step changes nothing that has to be undone.
	Undo Call
	// UndoAfter is the name of a step whose undo runs before this one's; empty for none.
	UndoAfter string
	// Deadline bounds the do, retries included; 0 means DefaultDeadline.
	Deadline time.Duration
}

// DefaultDeadline of a step before the pivot.
const DefaultDeadline = 30 * time.Second

// Saga is one run of a saga on one order.
type Saga struct {
	ctx  workflow.Context
	kind Kind
	ref  *commonv1.Saga
	in   proto.Message

	course course
	// stepped means that the story has steps before the pivot, so that the saga can turn back.
	stepped bool
	// failed is the reason why the saga turns back, or will.
	failed  error
	outcome *commonv1.Outcome
	facts   []*commonv1.Fact

	undos []Step
	// undone has the names of steps that need no undo, because it was undone or not done.
	undone []string

	// done counts the calls after the pivot that were done, told those that the story reached.
	done, told int

	// stuck has the calls that this run could not make. The rest of the story is skipped, and
	// another run continues.
	stuck  []Trouble
	rounds int
	// acts are what operators decided, as far as their effect is not recorded yet.
	acts []Act
	pausing
	// asking means that the order has not answered with a direction yet.
	asking bool
	telling
	local

	listed *[]Listed
}

// course is how far the saga came.
type course int

const (
	start course = iota
	atPivot
	pastPivot
	turnedBack
)

// Key is the barrier's key for one of the saga's steps.
func (s *Saga) Key(name string) *commonv1.Step { return sagas.Step(s.ref, name) }

// Ref names the saga in calls.
func (s *Saga) Ref() *commonv1.Saga { return s.ref }

// Facts returns the facts of the steps until now.
func (s *Saga) Facts() []*commonv1.Fact { return s.facts }

// Begin makes the first call, which opens the saga at the order. It is tried until it is done, also
// when the workflow is cancelled, because the request was accepted. A refusal ends the saga.
func (s *Saga) Begin(call Call) {
	if s.lists(Listed{Role: RoleBegin, Activity: call.Activity}) || s.over() || s.course != start {
		return
	}
	refused := s.forward(call)
	if refused != nil {
		s.outcome = &commonv1.Outcome{Status: s.kind.Unopened, Refusal: sagas.RefusalMessage(refused)}
	}
}

// Do runs a step before the pivot.
func (s *Saga) Do(step Step) {
	s.stepped = true
	if s.lists(Listed{Role: RoleDo, Step: step.Key.GetName(), Activity: step.Do.Activity, Undo: step.Undo.Activity}) || s.over() || s.course == pastPivot {
		return
	}
	if s.course != start || s.interrupted() {
		s.mayUndo(step)
		return
	}
	if s.failed != nil { // refused: no later step was tried, in any task
		s.undone = append(s.undone, step.Key.GetName())
		return
	}
	s.mayUndo(step)
	deadline := step.Deadline
	if deadline == 0 {
		deadline = DefaultDeadline
	}
	s.failed = s.before(workflow.Now(s.ctx).Add(deadline), step.Do)
	if r, refused := refusal.As(s.failed); refused && provesNothingDone(r) && len(s.undos) > 0 && step.Undo.Activity != "" {
		s.undos = s.undos[:len(s.undos)-1]
		s.undone = append(s.undone, step.Key.GetName())
	}
}

func (s *Saga) mayUndo(step Step) {
	if step.Undo.Activity != "" {
		s.undos = append(s.undos, step)
	}
}

// provesNothingDone reports whether a refusal proves that the step did not happen. A refusal of
// this request proves nothing about another attempt.
func provesNothingDone(r *refusal.Refusal) bool {
	switch r.Reason {
	case refusals.RequestMismatch, refusals.StepUndone, refusals.InvalidRequest:
		return false
	}
	return true
}

// Pivot makes the call after which the saga only goes forward. It is tried until it is done,
// because a failed try may have taken effect. A refusal turns the saga back, unless it proves nothing
// about an earlier try at an external system. A story without steps before its pivot has nothing to
// turn back, so a cancel of its workflow has no effect.
func (s *Saga) Pivot(call func() Call) {
	if s.lists(Listed{Role: RolePivot, Activity: activityOf(s, call)}) || s.over() || s.course > atPivot {
		return
	}
	if s.course == start && s.stepped && (s.interrupted() || s.failed != nil) {
		return
	}
	s.course = atPivot
	made := call()
	switch refused := s.forward(made); {
	case refused == nil:
	case made.Remote && !provesNothingDone(refused):
		// An earlier try may have taken effect outside: an operator has to look.
		s.stuck = []Trouble{troubleOf(made, 1, refused)}
	default:
		s.failed = refused
	}
	if s.course == atPivot && s.failed == nil && !s.over() {
		s.course = pastPivot
		s.undos = nil
	}
}

// Forward makes a call after the pivot, until it is done.
func (s *Saga) Forward(call func() Call) {
	if s.lists(Listed{Role: RoleForward, Activity: activityOf(s, call)}) || s.over() || s.course != pastPivot {
		return
	}
	// Calls that were done are not repeated: after the end of the saga they might be refused.
	if s.told++; s.told <= s.done {
		return
	}
	if refused := s.forward(call()); refused != nil {
		// Calls after the pivot must not be refused: an operator has to act.
		s.stuck = []Trouble{troubleOf(call(), 1, refused)}
	}
	if len(s.stuck) == 0 {
		s.done = s.told
	}
}

// TurnBack ends a saga that failed: it makes the order refuse the pivot, undoes the steps that were
// done or may have been, and records the end. When the pivot was passed in a lost task, nothing is
// undone and the outcome is that of the order.
func (s *Saga) TurnBack(refused, cancelled func(why *commonv1.Refusal) Call) {
	if s.listed != nil {
		s.lists(Listed{Role: RoleTurnBack, Activity: s.kind.Order.TurnedBack(s.ref, nil).Activity})
		s.lists(Listed{Role: RoleEnd, Activity: refused(nil).Activity})
		s.lists(Listed{Role: RoleEnd, Activity: cancelled(nil).Activity})
		return
	}
	if s.over() || s.failed == nil {
		return
	}
	s.course = turnedBack
	if refusedClosing := s.forward(s.kind.Order.TurnedBack(s.ref, sagas.RefusalMessage(s.why()))); refusedClosing != nil {
		s.failed = refusedClosing
	}
	if s.over() {
		return
	}
	s.undo(s.disconnected())
	if s.over() {
		return
	}
	why, end := s.why(), refused
	if why.Reason == refusals.Cancelled {
		end = cancelled
	}
	last := end(sagas.RefusalMessage(why))
	if r := s.forward(last); r != nil {
		s.stuck = []Trouble{troubleOf(last, 1, r)}
	}
}

// over reports whether this run has nothing more to do.
func (s *Saga) over() bool { return s.outcome != nil || len(s.stuck) > 0 }

// interrupted reports whether steps are skipped that a lost task may have done: the workflow was
// cancelled, or an earlier step was late.
func (s *Saga) interrupted() bool {
	if s.failed == nil && s.ctx.Err() != nil {
		s.failed = s.ctx.Err()
	}
	if s.failed == nil {
		return false
	}
	_, refused := refusal.As(s.failed)
	return !refused
}

// why returns the failure as a refusal for the customer.
func (s *Saga) why() *refusal.Refusal {
	if r, ok := refusal.As(s.failed); ok {
		return r
	}
	var late *timedOut
	if errors.As(s.failed, &late) {
		return refusal.New(refusals.StepTimedOut, s.kind.Late, refusals.StepDetails{Step: late.activity})
	}
	return refusal.New(refusals.Cancelled, s.kind.Cancelled, nil)
}

// disconnected returns a context that is not cancelled with the workflow.
func (s *Saga) disconnected() workflow.Context {
	ctx, _ := workflow.NewDisconnectedContext(s.ctx)
	return ctx
}

// end waits for all updates and closes the run.
func (s *Saga) end() (*commonv1.Outcome, error) {
	ctx := s.disconnected()
	if err := s.drain(ctx); err != nil {
		return s.outcome, err
	}
	err := workflow.UpsertTypedSearchAttributes(ctx,
		sagas.OrderStatus.ValueSet(s.outcome.GetStatus()), sagas.SagaState.ValueSet(sagas.SagaCompleted))
	// Without a refusal the saga itself cancelled the order.
	if err == nil && s.outcome.GetStatus() == sagas.StatusCancelled && s.outcome.GetRefusal() != nil {
		err = temporal.NewCanceledError(s.outcome)
	}
	return s.outcome, err
}
