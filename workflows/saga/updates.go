package saga

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// Handlers serve updates by name.
type Handlers map[string]any

// register sets a handler for every update of sagas: the kind's own, and a typed refusal for the
// others. All sagas of an order share one workflow id, so an update can reach a run of another
// type, where it would fail without a reason. It must run before anything that blocks, because an
// update may come with the first task.
func (s *Saga) register() error {
	own := Handlers{}
	if s.kind.Updates != nil {
		own = s.kind.Updates(s)
	}
	own[sagas.UpdateWake] = s.wake
	names := sagas.Updates()
	//workflowcheck:ignore each is looked up, the order does not matter
	for name := range own {
		if !slices.Contains(names, name) {
			return fmt.Errorf("update %q is not listed in contracts/sagas", name)
		}
	}
	for _, name := range names {
		handler, ok := own[name]
		options := workflow.UpdateHandlerOptions{}
		if !ok {
			// A validator, so that refused updates add nothing to the history of a saga that is
			// stuck for weeks. It does not depend on state that the first task changes.
			handler, options.Validator = accept, busy
		}
		if err := workflow.SetUpdateHandlerWithOptions(s.ctx, name, handler, options); err != nil {
			return fmt.Errorf("register update %q: %w", name, err)
		}
	}
	return nil
}

// wake ends the pause of a stuck saga.
func (s *Saga) wake(workflow.Context) error {
	s.woken = true
	return nil
}

// busy refuses an update that the running saga does not serve.
func busy(ctx workflow.Context) error {
	return sagas.RefusalError(refusal.New(refusals.SagaInProgress, "Another saga is working on the order; try again when it is done",
		refusals.SagaInProgressDetails{Saga: workflow.GetInfo(ctx).WorkflowType.Name}))
}

func accept(workflow.Context) error { return nil }

// AwaitInput is for handlers of updates: it returns the saga's input, or nil. When the order has to
// be asked it waits for the answer.
func (s *Saga) AwaitInput(ctx workflow.Context) (proto.Message, error) {
	// A cancel of the workflow must not end a wait before everything is undone.
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	err := workflow.Await(ctx, func() bool { return !s.asking || s.over() })
	return s.in, err
}

// AwaitOutcome is for handlers of updates: it waits for the saga's outcome, or until it is stuck
// and continues in another run.
func (s *Saga) AwaitOutcome(ctx workflow.Context) (*commonv1.Outcome, error) {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	if err := workflow.Await(ctx, s.over); err != nil {
		return nil, err
	}
	if s.outcome == nil {
		return &commonv1.Outcome{Status: sagas.StatusPlaced}, nil
	}
	return s.outcome, nil
}

// drain waits until every update is answered and the stuck state is recorded, because both would be
// lost when the workflow returns.
func (s *Saga) drain(ctx workflow.Context) error {
	if s.saying != nil {
		if err := s.saying.Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Warn("the order does not know that its saga is stuck", "error", err)
			s.sayAgain = true
		}
		s.saying = nil
	}
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}
