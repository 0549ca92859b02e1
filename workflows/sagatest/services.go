package sagatest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/workflows"
)

// ErrLost is the failure of a call that never reached its service, or was never answered.
var ErrLost = errors.New("the connection was lost")

// Services stand where the services are in the tests of a saga on a confirmed order: they answer
// every call and note it. The order among them keeps the saga's direction, as the real one does. The
// services themselves are in the tests under test/.
type Services struct {
	t testing.TB
	// Resumed is the input that the order keeps.
	resumed *ordersv1.RecordResumedResponse
	// prepare registers the activities in the environment of a run.
	prepare []func(*testsuite.TestWorkflowEnvironment)
	env     *testsuite.TestWorkflowEnvironment

	mu         sync.Mutex
	turnedBack *commonv1.Refusal
	ended      *commonv1.Outcome
	calls      []string
	inputs     map[string]proto.Message
	faults     map[string]func(attempt int) error
	attempts   map[string]int
	// lost is the activity after which nothing is answered any more.
	lost string
	off  bool
}

// NewServices makes the order; kept is its answer about a saga that goes forward, with the input.
func NewServices(t testing.TB, kept *ordersv1.RecordResumedResponse) *Services {
	s := &Services{
		t: t, resumed: kept, inputs: map[string]proto.Message{}, faults: map[string]func(int) error{}, attempts: map[string]int{},
	}
	Answers(s, sagas.RecordResumed, func(*ordersv1.RecordResumedRequest) *ordersv1.RecordResumedResponse {
		answer := proto.Clone(s.resumed).(*ordersv1.RecordResumedResponse)
		answer.Direction = s.direction()
		return answer
	})
	Answers(s, sagas.RecordTurnedBack, func(in *ordersv1.RecordTurnedBackRequest) *ordersv1.RecordTurnedBackResponse {
		if s.turnedBack == nil {
			s.turnedBack = in.GetWhy()
		}
		return &ordersv1.RecordTurnedBackResponse{Direction: s.direction()}
	})
	Answers(s, sagas.RecordRefused, func(in *ordersv1.RecordRefusedRequest) *ordersv1.RecordRefusedResponse {
		require.NotNil(t, s.turnedBack, "refused only after the saga turned back")
		s.ended = &commonv1.Outcome{Status: sagas.StatusConfirmed, Refusal: in.GetWhy()}
		return &ordersv1.RecordRefusedResponse{Direction: s.direction()}
	})
	Answers(s, sagas.RecordDone, func(*ordersv1.RecordDoneRequest) *ordersv1.RecordDoneResponse {
		require.Nil(t, s.turnedBack, "done only when the saga goes forward")
		s.ended = &commonv1.Outcome{Status: sagas.StatusConfirmed}
		return &ordersv1.RecordDoneResponse{Direction: s.direction()}
	})
	Answers(s, sagas.RecordStuck, func(*ordersv1.RecordStuckRequest) *ordersv1.RecordStuckResponse {
		return &ordersv1.RecordStuckResponse{}
	})
	Answers(s, sagas.TakeActs, func(*ordersv1.TakeActsRequest) *ordersv1.TakeActsResponse {
		return &ordersv1.TakeActsResponse{}
	})
	return s
}

// direction of the saga, as the order says it.
func (s *Services) direction() *commonv1.Direction {
	switch {
	case s.ended != nil:
		return &commonv1.Direction{Says: &commonv1.Direction_Ended{Ended: s.ended}}
	case s.turnedBack != nil:
		return &commonv1.Direction{Says: &commonv1.Direction_TurnedBack{TurnedBack: s.turnedBack}}
	}
	return &commonv1.Direction{Says: &commonv1.Direction_Forward{Forward: &commonv1.Forward{}}}
}

// Answers says how a service answers the calls of an activity.
func Answers[In, Out any, PIn interface {
	*In
	proto.Message
}, POut interface {
	*Out
	proto.Message
}](s *Services, a sagas.Activity[In, Out], answer func(PIn) POut) {
	s.prepare = append(s.prepare, func(env *testsuite.TestWorkflowEnvironment) {
		env.RegisterActivityWithOptions(func(_ context.Context, in PIn) (POut, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.off {
				return nil, ErrLost
			}
			s.calls, s.inputs[a.Name] = append(s.calls, a.Name), in
			s.attempts[a.Name]++
			if fault := s.faults[a.Name]; fault != nil {
				if err := fault(s.attempts[a.Name]); err != nil {
					return nil, err
				}
			}
			s.off = s.lost == a.Name
			return answer(in), nil
		}, activity.RegisterOptions{Name: a.Name})
	})
}

// Fails has calls of an activity fail, with the error for each attempt from 1.
func (s *Services) Fails(activity string, with func(attempt int) error) { s.faults[activity] = with }

// FailsUntil has the calls before an attempt fail for a technical reason.
func (s *Services) FailsUntil(activity string, attempt int) {
	s.Fails(activity, func(n int) error {
		if n < attempt {
			return ErrLost
		}
		return nil
	})
}

// Cancel cancels the workflow that runs.
func (s *Services) Cancel() { s.env.CancelWorkflow() }

func (s *Services) environment() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	s.env = suite.NewTestWorkflowEnvironment()
	s.env.SetTestTimeout(2 * time.Minute) // by default a test that is held up for 3 s fails
	s.env.SetDataConverter(sagas.DataConverter())
	workflows.Register(s.env)
	for _, prepare := range s.prepare {
		prepare(s.env)
	}
	return s.env
}

// Run runs a workflow, and all that it continues as, to its outcome.
func (s *Services) Run(workflow string, input any) *commonv1.Outcome {
	s.t.Helper()
	return s.outcome(Execute(s.t, s.environment, workflow, input))
}

// RunFunction runs a function as a workflow that does not continue as another.
func (s *Services) RunFunction(workflow, input any) *commonv1.Outcome {
	s.t.Helper()
	env := s.environment()
	env.ExecuteWorkflow(workflow, input)
	return s.outcome(env)
}

func (s *Services) outcome(env *testsuite.TestWorkflowEnvironment) (outcome *commonv1.Outcome) {
	s.t.Helper()
	require.NoError(s.t, env.GetWorkflowError())
	require.NoError(s.t, env.GetWorkflowResult(&outcome))
	return outcome
}

// Lose runs a workflow whose run is lost after the first call of an activity: the call is done, and
// nothing comes after it.
func (s *Services) Lose(workflow string, input any, activity string) {
	s.t.Helper()
	s.lost = activity
	s.environment().ExecuteWorkflow(workflow, input)
	require.True(s.t, s.off, "%s was called", activity)
	s.lost, s.off = "", false
}

// Calls are the activities that were called, in order, repeated calls of one as one, without what a
// stuck saga records.
func (s *Services) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Compact(slices.DeleteFunc(slices.Clone(s.calls), func(name string) bool {
		return name == sagas.RecordStuck.Name || name == sagas.TakeActs.Name
	}))
}

// Attempts counts the calls of an activity.
func (s *Services) Attempts(activity string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempts[activity]
}

// Input is the last request of an activity, nil when there was none.
func (s *Services) Input(activity string) proto.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inputs[activity]
}
