package saga

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// Kind is a kind of saga: its story and its messages.
type Kind struct {
	// Name in the barrier's keys and the order's events: "place-order".
	Name string
	// Tell is the story; see Story.
	Tell func(s *Saga, in proto.Message)
	// Order makes the saga's calls to its order.
	Order Order
	// Updates makes the handlers of the updates that this kind serves; may be nil.
	Updates func(s *Saga) Handlers
	// Unopened is the order's status when the first call was refused.
	Unopened string
	// Late and Cancelled are the messages for the customer when the saga turned back because a step
	// was not done in time, or because it was cancelled.
	Late, Cancelled string
}

// Story makes the Tell of a kind from a story with a typed input. Without an input the story gets
// nil, for which the getters of a message return zero values.
func Story[In proto.Message](tell func(*Saga, In)) func(*Saga, proto.Message) {
	return func(s *Saga, in proto.Message) {
		typed, _ := in.(In)
		tell(s, typed)
	}
}

// Order makes the calls of a saga to the order that it works on.
type Order interface {
	// TurnedBack records that the saga turns back, so that the order refuses its pivot. The call is
	// answered with a direction.
	TurnedBack(saga *commonv1.Saga, why *commonv1.Refusal) Call
	// Resumed asks for the direction of a saga whose run was lost. The call is answered with a
	// direction, and Input returns the saga's input in its response, or nil.
	Resumed(saga *commonv1.Saga) Call
	Input(response any) proto.Message
	// Stuck records that the saga waits for its next try or for an operator. The build is that of
	// the worker, or empty.
	Stuck(saga *commonv1.Saga, troubles []Trouble, build string) Call
	// Acts asks what operators decided about the stuck saga; Taken reads it from the response.
	Acts(saga *commonv1.Saga) Call
	Taken(response any) []Act
}

// Run is the first run of a saga: the body of its workflow.
func Run(ctx workflow.Context, kind Kind, ref *commonv1.Saga, in proto.Message) (*commonv1.Outcome, error) {
	return newSaga(ctx, kind, ref, in).run(nil)
}

// Continue makes the workflow that continues sagas of the given kinds: RepairOrder when they were
// stuck, ResumeOrder when their run was lost.
func Continue(kinds ...Kind) func(workflow.Context, *commonv1.SagaRun) (*commonv1.Outcome, error) {
	return func(ctx workflow.Context, run *commonv1.SagaRun) (*commonv1.Outcome, error) {
		for _, kind := range kinds {
			if kind.Name != run.GetSaga().GetKind() {
				continue
			}
			var in proto.Message
			if packed := run.GetInput(); packed != nil {
				var err error
				if in, err = packed.UnmarshalNew(); err != nil {
					return nil, fmt.Errorf("the input of %s: %w", kind.Name, err)
				}
			}
			return newSaga(ctx, kind, run.GetSaga(), in).run(run)
		}
		// The task fails and is retried until a worker knows the kind.
		panic(fmt.Sprintf("this build of the worker does not know the saga %q", run.GetSaga().GetKind()))
	}
}

func newSaga(ctx workflow.Context, kind Kind, ref *commonv1.Saga, in proto.Message) *Saga {
	return &Saga{ctx: ctx, kind: kind, ref: ref, in: in, telling: telling{phase: sagas.SagaRunning}}
}

// run runs the story from the position of an earlier run; earlier is nil for the first one.
func (s *Saga) run(earlier *commonv1.SagaRun) (*commonv1.Outcome, error) {
	s.asking = earlier != nil && earlier.GetCourse() == nil
	if err := s.register(); err != nil {
		return nil, err
	}
	if earlier != nil {
		s.resume(earlier)
	}
	if s.asking {
		s.ask()
	}
	s.kind.Tell(s, s.in)
	if len(s.stuck) > 0 {
		return nil, s.continueAsRepair()
	}
	if s.outcome == nil {
		panic(fmt.Sprintf("the story of %s has no end", s.kind.Name))
	}
	return s.end()
}

// resume takes over from an earlier run.
func (s *Saga) resume(earlier *commonv1.SagaRun) {
	switch at := earlier.GetCourse(); {
	case at.GetPivot() != nil:
		s.course = atPivot
	case at.GetPastPivot() != nil:
		s.course = pastPivot
	case at.GetTurnedBack() != nil:
		s.course, s.failed, s.phase = turnedBack, sagas.FromMessage(at.GetTurnedBack()), sagas.SagaUndoing
	}
	s.done = int(earlier.GetDone())
	s.facts, s.undone, s.rounds = slices.Clone(earlier.GetFacts()), slices.Clone(earlier.GetUndone()), int(earlier.GetRounds())
	if earlier.GetCancelled() {
		cancelled, cancel := workflow.WithCancel(s.ctx)
		cancel()
		s.ctx = cancelled
	}
	if s.rounds > 0 {
		// Shown and recorded by the earlier run.
		s.said, s.kinds = slices.Clone(earlier.GetStuck()), slices.Clone(earlier.GetStuckKinds())
		workflow.SetCurrentDetails(s.ctx, earlier.GetDetails())
		s.sayAgain = earlier.GetUnrecorded()
		if earlier.GetWoken() {
			s.off = true // as after a pause
		} else {
			s.pause()
		}
		s.takeActs()
	}
}

// ask asks the order for the saga's direction and input.
func (s *Saga) ask() {
	call := s.kind.Order.Resumed(s.ref)
	if refused := s.forward(call); refused != nil {
		s.stuck = []Trouble{troubleOf(call, 1, refused)}
	}
	if s.over() && s.outcome == nil {
		return
	}
	s.asking = false
	s.in = s.kind.Order.Input(call.Response())
	// The order answers forward only for sagas without steps before the pivot.
	if s.course == start {
		s.course = atPivot
	}
}
