package saga

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// undo runs the undos of all steps that were, or may have been, done. Each runs in its own
// coroutine, so one that fails blocks only those that wait for it. Undos that failed make the run
// stuck.
func (s *Saga) undo(ctx workflow.Context) {
	steps := slices.DeleteFunc(slices.Clone(s.undos), func(step Step) bool {
		return slices.Contains(s.undone, step.Key.GetName())
	})
	if len(steps) == 0 {
		return
	}
	s.phase = sagas.SagaUndoing
	if len(s.said) == 0 {
		s.showState(s.phase)
	}
	// By step, in the order of the story; nil when done or not begun.
	troubles := make([]*Trouble, len(steps))
	running := workflow.NewWaitGroup(ctx)
	running.Add(len(steps))
	ended := make([]workflow.Future, len(steps))
	settle := make([]workflow.Settable, len(steps))
	for i := range steps {
		ended[i], settle[i] = workflow.NewFuture(ctx)
	}
	for i, step := range steps {
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer running.Done()
			defer settle[i].SetValue(nil)
			if before := slices.IndexFunc(steps, func(other Step) bool { return other.Key.GetName() == step.UndoAfter }); before >= 0 {
				_ = ended[before].Get(ctx, nil) // it is only settled, never failed
				if troubles[before] != nil {
					troubles[i] = troubles[before]
					return
				}
			}
			if s.skips(step.Undo) {
				s.undone = append(s.undone, step.Key.GetName())
				return
			}
			err := s.settle(ctx, step.Undo)
			if err == nil {
				// Regular activities: undos are rare, and worth seeing in the Web UI.
				err = s.tryRegularly(ctx, step.Undo, 0)
			}
			if err == nil {
				err = s.heed(step.Undo, nil)
			}
			// A refused undo is trouble as well: the step is still done.
			if err != nil {
				trouble := s.trouble(step.Undo, err)
				troubles[i] = &trouble
				return
			}
			s.unstick(step.Undo.Activity)
			s.undone = append(s.undone, step.Key.GetName())
		})
	}
	running.Wait(ctx)
	for i, trouble := range troubles {
		if trouble != nil && !slices.Contains(troubles[:i], trouble) {
			s.stuck = append(s.stuck, *trouble)
		}
	}
}
