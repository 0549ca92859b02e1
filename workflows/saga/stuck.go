package saga

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// lastErrorMax bounds the error text that is recorded, in bytes.
const lastErrorMax = 1000

// markStuck says that a call used up its attempts: where an operator looks (search
// attribute, details) and, once for each call, in the order's own stream.
func (s *Saga) markStuck(call Call, attempts int, last error) {
	ctx := s.disconnected()
	s.stuck = true
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("**Stuck** in %s after %d attempts. Last error:\n\n    %v\n\nIt is tried again.",
		call.Activity, attempts, last))
	if s.marked == call.Activity {
		return
	}
	s.marked = call.Activity
	s.state(sagas.SagaStuck)
	text := last.Error()
	if len(text) > lastErrorMax {
		text = text[:lastErrorMax]
	}
	// One attempt, and its failure changes nothing: the service that records it
	// may be the very one that is away.
	once := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: attemptTimeout,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:             "Say that the saga is stuck",
	})
	workflow.ExecuteActivity(once, sagas.MarkStuck, sagas.MarkStuckInput{
		OrderID: s.orderID, Saga: s.name, Step: call.Activity,
		Attempts: attempts, LastError: text, At: workflow.Now(ctx),
	})
}

// unstick says that the saga goes on.
func (s *Saga) unstick() {
	if !s.stuck {
		return
	}
	s.stuck = false
	workflow.SetCurrentDetails(s.ctx, "")
	s.marked = ""
	s.state(s.phase)
}

// state tells operators where the saga is. An error here would be a mistake in
// the attribute's type, which every test of a saga would show.
func (s *Saga) state(state string) {
	if err := workflow.UpsertTypedSearchAttributes(s.ctx, sagas.SagaState.ValueSet(state)); err != nil {
		workflow.GetLogger(s.ctx).Error("search attribute not set", "state", state, "error", err)
	}
}
