package saga

import (
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// Act is what an operator decided about the stuck saga.
type Act struct {
	// Name is one of the acts of contracts/sagas.
	Name string
	// Step is the activity that is skipped or settled.
	Step string
	// Reference is the payment provider's name of what a settled step did.
	Reference string
	// Open: its effect is not recorded yet.
	Open bool
}

// takeActs asks the order what operators decided, at the beginning of every round. An act is
// recorded at the order before the saga is woken, so a lost update costs a pause and nothing else.
// When the order does not answer the round goes on without acts, and the next one asks again.
func (s *Saga) takeActs() {
	ctx := s.disconnected()
	call := s.kind.Order.Acts(s.ref)
	once := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    attemptTimeout,
		ScheduleToCloseTimeout: attemptTimeout,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                call.Summary,
	})
	if err := workflow.ExecuteActivity(once, call.Activity, call.request).Get(ctx, call.response); err != nil {
		workflow.GetLogger(ctx).Warn("the order does not say what operators decided", "error", err)
		return
	}
	s.acts = s.kind.Order.Taken(call.response)
	// What became of an act is recorded, also when the saga stays stuck in the same step.
	s.sayAgain = s.sayAgain || slices.ContainsFunc(s.acts, func(act Act) bool { return act.Open })
}

// skips reports whether an operator decided that the call is not made.
func (s *Saga) skips(call Call) bool {
	if _, ok := sagas.Skippable(s.ref.GetKind(), call.Activity); !ok || s.act(sagas.ActSkip, call) == nil {
		return false
	}
	s.unstick(call.Activity)
	return true
}

// act returns the last act of a name on a call, or nil.
func (s *Saga) act(name string, on Call) *Act {
	for i := len(s.acts) - 1; i >= 0; i-- {
		if s.acts[i].Name == name && s.acts[i].Step == on.Activity {
			return &s.acts[i]
		}
	}
	return nil
}

// settle has payments look up the outcome of a step by the reference that an operator gave.
func (s *Saga) settle(ctx workflow.Context, call Call) error {
	act := s.act(sagas.ActSettle, call)
	request, ok := call.request.(interface{ GetStep() *commonv1.Step })
	if act == nil || !ok {
		return nil
	}
	return s.tryRegularly(ctx, CallOf(sagas.SettlePayment, &paymentsv1.SettleRequest{
		Step: request.GetStep(), ProviderReference: act.Reference,
	}, "Look up what an operator found at the payment provider"), 0)
}
