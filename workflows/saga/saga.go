// Package saga runs the steps of an order saga and undoes them when one fails.
//
// A workflow reads as its story:
//
//	s := saga.Begin(ctx, …)
//	s.Do(reserveStock)
//	s.Do(authorizePayment)
//	s.Pivot(confirmOrder)
//	if s.Failed() != nil && s.TurnBack(closeThePivot) {
//		s.Forward(rejectOrder)
//	}
//
// After a step fails the following ones are passed over, as in bufio.Writer, so
// the story needs no error handling of its own.
//
// The rules, each kept by a test of its name:
//   - The undo is registered before the do is tried: a do that failed may have
//     happened. Only a typed refusal proves that it did not, and takes its undo
//     back.
//   - Undos run in reverse order, in a context that a cancel does not reach, and
//     their troubles never hide the first failure.
//   - Before the pivot a step has a deadline, then the saga undoes. From the
//     pivot on it only goes forward.
//   - Before anything is undone the pivot is closed, and if it was passed all the
//     same, nothing is: a workflow task that is lost takes the results of its local
//     activities with it, and a cancel that came meanwhile leads the saga another
//     way the second time.
//   - A step that is nobody else's business is tried once as a local activity,
//     which costs no task and no history of its own, then as a regular one, which
//     the server retries and the Web UI shows. The services' barrier makes a late
//     local effect harmless.
//   - A step that used up its attempts is stuck: that is said (search attribute,
//     details, the order's own events), and it is tried again ever more rarely.
package saga

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// Call is an activity with its input.
type Call struct {
	// Activity is a name of contracts/sagas.
	Activity string
	// Summary is one line for the Web UI.
	Summary string
	Input   any
	// Result is a pointer to what the activity returns, or nil.
	Result any
	// Remote marks a call that leaves the house, such as one to the payment
	// provider: it is a regular activity from the first try.
	Remote bool
}

// Step is a call with its undo.
type Step struct {
	Call
	// Undo takes back what the call did. Without an activity the step changes
	// nothing that has to be undone.
	Undo Call
	// Deadline bounds the step, retries included, before the pivot; 0 means
	// DefaultDeadline.
	Deadline time.Duration
}

// DefaultDeadline of a step before the pivot.
const DefaultDeadline = 30 * time.Second

// Saga is one run of steps on one order.
type Saga struct {
	ctx     workflow.Context
	orderID string
	name    string

	undos  []Step
	failed error
	// phase is what SagaState is when the saga is not stuck.
	phase string
	stuck bool
	// marked is the call whose trouble is already in the order's stream.
	marked string
}

// Begin makes the saga of a workflow. The name goes into the barrier's keys: with
// the id of its instance when an order can have several of it.
func Begin(ctx workflow.Context, orderID, name string) *Saga {
	return &Saga{ctx: ctx, orderID: orderID, name: name, phase: sagas.SagaRunning}
}

// Step is the barrier's key for one of the saga's steps.
func (s *Saga) Step(name string) sagas.Step {
	return sagas.Step{OrderID: s.orderID, Saga: s.name, Name: name}
}

// Do runs a step before the pivot, unless one before it failed or the workflow
// was cancelled.
func (s *Saga) Do(step Step) {
	if s.over() {
		return
	}
	if step.Undo.Activity != "" {
		s.undos = append(s.undos, step)
	}
	deadline := step.Deadline
	if deadline == 0 {
		deadline = DefaultDeadline
	}
	s.failed = s.try(s.ctx, step.Call, workflow.Now(s.ctx).Add(deadline))
	if _, refused := refusal.As(s.failed); refused && step.Undo.Activity != "" {
		s.undos = s.undos[:len(s.undos)-1]
	}
}

// MayHaveDone registers the undos of steps that another run may have done, and
// fails the saga for the reason that this one has to turn back.
func (s *Saga) MayHaveDone(why *refusal.Refusal, steps ...Step) {
	s.undos = append(s.undos, steps...)
	s.failed = why
}

// Pivot runs the step after which there is no way back, unless one before it
// failed or the workflow was cancelled. Once it is tried it is tried until it is
// done: whether a try that failed took effect cannot be known. Only a refusal
// fails the saga.
func (s *Saga) Pivot(step Step) {
	if s.over() {
		return
	}
	s.Forward(step)
	if s.failed == nil {
		s.undos = nil
	}
}

// Forward runs a step until it is done, whatever the workflow is told meanwhile:
// the first and the last steps of a story, which nothing can undo. It also runs
// after a failure; a refusal then does not hide that failure.
func (s *Saga) Forward(step Step) {
	err := s.try(s.disconnected(), step.Call, time.Time{})
	if s.failed == nil {
		s.failed = err
	}
}

// TurnBack closes the way to the pivot and takes back what was done, or may have
// been, in reverse order. It is false when closing was refused: then the saga's
// end was reached before, nothing is undone, and Failed is that refusal.
func (s *Saga) TurnBack(closing Step) bool {
	ctx := s.disconnected()
	if refused := s.try(ctx, closing.Call, time.Time{}); refused != nil {
		s.failed = refused
		return false
	}
	s.undo(ctx)
	return true
}

func (s *Saga) undo(ctx workflow.Context) {
	if len(s.undos) == 0 {
		return
	}
	s.phase = sagas.SagaUndoing
	s.state(s.phase)
	for len(s.undos) > 0 {
		last := len(s.undos) - 1
		undo := s.undos[last].Undo
		s.undos = s.undos[:last]
		// Undos are regular activities: rare, and worth seeing in the Web UI.
		undo.Remote = true
		if err := s.try(ctx, undo, time.Time{}); err != nil {
			// A refusal, for nothing else ends a try without a deadline: there
			// was nothing to undo.
			workflow.GetLogger(ctx).Warn("an undo was refused", "step", undo.Activity, "error", err)
		}
	}
}

// Failed says why the saga failed, as a refusal that can be shown to a customer,
// or nil.
func (s *Saga) Failed() *refusal.Refusal {
	if s.failed == nil {
		return nil
	}
	if r, ok := refusal.As(s.failed); ok {
		return r
	}
	var late *timedOut
	if errors.As(s.failed, &late) {
		return refusal.New(refusals.StepTimedOut, "the order could not be completed in time; nothing was charged",
			refusals.StepDetails{Step: late.step})
	}
	return refusal.New(refusals.Cancelled, "the order was cancelled before it was confirmed", nil)
}

// Cancelled tells whether the saga failed because the workflow was cancelled.
func (s *Saga) Cancelled() bool { return temporal.IsCanceledError(s.failed) }

// over tells whether steps are to be passed over, and notices a cancel.
func (s *Saga) over() bool {
	if s.failed == nil && s.ctx.Err() != nil {
		s.failed = s.ctx.Err()
	}
	return s.failed != nil
}

// disconnected is a context that a cancel of the workflow does not reach.
func (s *Saga) disconnected() workflow.Context {
	ctx, _ := workflow.NewDisconnectedContext(s.ctx)
	return ctx
}
