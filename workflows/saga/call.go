package saga

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

const (
	// localBound bounds one local try, taskBound all local tries of one workflow task: less than
	// WorkflowTaskTimeout, after which another worker gets the task.
	localBound = time.Second
	taskBound  = 2 * time.Second
	// localLeast is the shortest time for a local try.
	localLeast = 100 * time.Millisecond
	// Attempts of a regular activity before the saga counts as stuck.
	Attempts = 5
	// attemptTimeout bounds one attempt. It is longer than the payment provider's deadline in the
	// payments service, which must answer first.
	attemptTimeout = 10 * time.Second
	// firstRetry and lastRetry bound the pause between two attempts.
	firstRetry = 200 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// Call is an activity with its request.
type Call struct {
	// Activity is a name of contracts/sagas.
	Activity string
	// Summary is one line for the Web UI.
	Summary string
	// Remote marks a call of an external system, such as the payment provider: it is a regular
	// activity from the first try.
	Remote bool

	request, response any
}

// CallOf makes a call of an activity. The request must not be changed afterwards.
func CallOf[Request, Response any](a sagas.Activity[Request, Response], request *Request, summary string) Call {
	return Call{Activity: a.Name, Summary: summary, request: request, response: new(Response)}
}

// Response returns the answer of the call.
func (c Call) Response() any { return c.response }

// timedOut is the failure of a step that was not done by its deadline.
type timedOut struct {
	activity string
	last     error
}

func (e *timedOut) Error() string {
	return fmt.Sprintf("%s was not done in time: %v", e.activity, e.last)
}
func (e *timedOut) Unwrap() error { return e.last }

// local is the time used by local tries in the running workflow task.
type local struct {
	began time.Time // when the task's first local try began; zero: there was none
	off   bool      // no local try before the next workflow task
}

// border resets it when a new workflow task has begun.
func (l *local) border() { *l = local{} }

// left returns the time for the next local try.
func (l *local) left(now time.Time) time.Duration {
	if l.off {
		return 0
	}
	if l.began.IsZero() {
		l.began = now
	}
	return min(localBound, taskBound-now.Sub(l.began))
}

// before makes the call until it is done, refused, cancelled, or late. Its error is a
// *refusal.Refusal, a *timedOut, or the cancellation of the workflow.
func (s *Saga) before(deadline time.Time, call Call) error {
	ctx := s.ctx
	if done, err := s.tryLocally(ctx, call); done {
		return s.heed(call, err)
	}
	defer s.unstick(call.Activity) // done or not, the saga no longer waits for it
	pause := firstPause
	var last error
	for attempts := Attempts; ; attempts += Attempts {
		left := deadline.Sub(workflow.Now(ctx))
		if left <= 0 {
			return &timedOut{call.Activity, last}
		}
		err := s.tryRegularly(ctx, call, left)
		if _, refused := sagas.RefusalOf(err); err == nil || refused {
			return s.heed(call, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		last = err
		if left = deadline.Sub(workflow.Now(ctx)); left <= 0 {
			return &timedOut{call.Activity, last}
		}
		s.sayStuck(troubleOf(call, attempts, err))
		err = s.rest(ctx, min(pause, left), nil)
		s.border()
		if err != nil {
			return err
		}
		pause = min(2*pause, lastPause)
	}
}

// forward makes a call without a deadline. When its attempts are used up the run is stuck. It
// returns the refusal of the call.
func (s *Saga) forward(call Call) *refusal.Refusal {
	ctx := s.disconnected()
	if s.skips(call) {
		return nil
	}
	if err := s.settle(ctx, call); err != nil {
		s.stuck = []Trouble{s.trouble(call, err)}
		return nil
	}
	done, err := s.tryLocally(ctx, call)
	if !done {
		err = s.tryRegularly(ctx, call, 0)
	}
	r, refused := sagas.RefusalOf(err)
	switch {
	case refused:
		return r
	case err != nil:
		s.stuck = []Trouble{s.trouble(call, err)}
		return nil
	}
	s.unstick(call.Activity)
	_ = s.heed(call, nil)
	return nil
}

// heed takes the facts and the direction from the call's answer. It returns the call's refusal.
func (s *Saga) heed(call Call, err error) error {
	if r, refused := sagas.RefusalOf(err); refused {
		return r
	}
	if err != nil {
		return err
	}
	if answer, ok := call.response.(interface{ GetFacts() []*commonv1.Fact }); ok {
		for _, fact := range answer.GetFacts() {
			s.learn(fact)
		}
	}
	answer, ok := call.response.(interface{ GetDirection() *commonv1.Direction })
	if !ok {
		return nil
	}
	switch direction := answer.GetDirection(); {
	case direction.GetEnded() != nil:
		s.outcome = direction.GetEnded()
	case direction.GetTurnedBack() != nil:
		s.failed = sagas.FromMessage(direction.GetTurnedBack())
		if s.course == start {
			// An earlier run may have done any step.
			s.course = turnedBack
		}
	}
	return nil
}

// learn keeps a fact once: an undo also returns the facts of its do.
func (s *Saga) learn(fact *commonv1.Fact) {
	for _, known := range s.facts {
		if proto.Equal(known, fact) {
			return
		}
	}
	s.facts = append(s.facts, fact)
}

// tryLocally tries the call once within the running workflow task. It is done when it succeeded,
// was refused or cancelled; after any other failure or a timeout a regular activity follows.
func (s *Saga) tryLocally(ctx workflow.Context, call Call) (done bool, err error) {
	bound := s.local.left(workflow.Now(ctx))
	if call.Remote || bound < localLeast {
		return false, nil
	}
	options := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: bound,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                call.Summary,
	})
	err = workflow.ExecuteLocalActivity(options, call.Activity, call.request).Get(ctx, call.response)
	if _, refused := sagas.RefusalOf(err); refused || err == nil {
		return true, err
	}
	if ctx.Err() != nil {
		return true, ctx.Err()
	}
	return false, err
}

// tryRegularly makes up to Attempts attempts within the time left; 0 is no bound.
func (s *Saga) tryRegularly(ctx workflow.Context, call Call, left time.Duration) error {
	options := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
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
	err := workflow.ExecuteActivity(options, call.Activity, call.request).Get(ctx, call.response)
	s.border()
	return err
}
