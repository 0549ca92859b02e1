package matrix_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/workflows/placeorder"
	"github.com/ordersaga/ordersaga/workflows/saga"
)

// calls of PlaceOrder, taken from its story: those it can still turn back from, those it must
// finish, and those of the way back.
var reversible, forward, undos = func() (reversible, forward, undos []string) {
	for _, call := range saga.List(placeorder.Saga) {
		switch call.Role {
		case saga.RoleDo:
			reversible = append(reversible, call.Activity)
			if call.Undo != "" {
				undos = append(undos, call.Undo)
			}
		case saga.RoleTurnBack:
			undos = append(undos, call.Activity)
		case saga.RoleEnd:
			if call.Activity != sagas.RecordCancelled.Name { // of a workflow that was cancelled
				undos = append(undos, call.Activity)
			}
		default:
			forward = append(forward, call.Activity)
		}
	}
	return reversible, forward, undos
}()

// on applies a fault to one step only.
func on(step string, f fault) fault {
	return func(r *run, called string, attempt int, call func() error) error {
		if called != step {
			return call()
		}
		return f(r, called, attempt, call)
	}
}

// requestLost: the first calls never reach the service.
func requestLost(times int) fault {
	return func(_ *run, _ string, attempt int, call func() error) error {
		if attempt <= times {
			return errUnreachable
		}
		return call()
	}
}

// answerLost: the first calls take effect, and the saga does not hear of it.
func answerLost(times int) fault {
	return func(_ *run, _ string, attempt int, call func() error) error {
		err := call()
		if attempt <= times {
			return errNoAnswer
		}
		return err
	}
}

// cancelled: somebody cancels the workflow around the first call.
func cancelled(before bool) fault {
	return func(r *run, _ string, attempt int, call func() error) error {
		if attempt == 1 && before {
			r.env.CancelWorkflow()
		}
		err := call()
		if attempt == 1 && !before {
			r.env.CancelWorkflow()
		}
		return err
	}
}

const (
	once    = 1
	stuck   = 12 // more than one round of attempts
	forever = 1 << 30
)

// trouble is what goes wrong with one order, and how the order must end: empty when either end is
// right. The books must agree in any case.
type trouble struct {
	name  string
	fault fault
	want  string
	late  bool // rejected because a step was not done in time
}

func troubles() []trouble {
	all := []trouble{{name: "nothing goes wrong", want: sagas.StatusConfirmed}}
	for _, kind := range []struct {
		name string
		of   func(int) fault
	}{{"request lost", requestLost}, {"answer lost", answerLost}} {
		for _, step := range slices.Concat(forward, reversible) {
			all = append(all, trouble{name: kind.name + " once at " + step, fault: on(step, kind.of(once)), want: sagas.StatusConfirmed})
		}
		for _, step := range reversible {
			all = append(all, trouble{name: kind.name + " for ever at " + step, fault: on(step, kind.of(forever)), want: sagas.StatusRejected, late: true})
		}
		for _, step := range forward {
			all = append(all, trouble{name: kind.name + " until it is stuck at " + step, fault: on(step, kind.of(stuck)), want: sagas.StatusConfirmed})
		}
		for _, step := range undos {
			undo := on(step, kind.of(stuck))
			all = append(all, trouble{
				name: kind.name + " until it is stuck at the undo " + step, want: sagas.StatusRejected, late: true,
				fault: func(r *run, called string, attempt int, call func() error) error {
					if called == sagas.AllocateStock.Name {
						return errUnreachable
					}
					return undo(r, called, attempt, call)
				},
			})
		}
	}
	for _, when := range []struct {
		name   string
		before bool
	}{{"before ", true}, {"after ", false}} {
		for _, step := range slices.Concat(forward[:1], reversible) {
			// The test environment may deliver a cancel after the last border at which it takes
			// effect.
			all = append(all, trouble{name: "cancelled " + when.name + step, fault: on(step, cancelled(when.before))})
		}
		pivot := forward[len(forward)-1]
		all = append(all, trouble{name: "cancelled " + when.name + "the pivot", fault: on(pivot, cancelled(when.before)), want: sagas.StatusConfirmed})
	}
	return all
}

func TestPlaceOrder(t *testing.T) {
	w := open(t, nil)
	for _, trouble := range troubles() {
		t.Run(trouble.name, func(t *testing.T) {
			r, outcome := w.places(t, "card_approve", trouble.fault)
			if trouble.want != "" {
				assert.Equal(t, trouble.want, outcome.GetStatus(), "%v", outcome.GetRefusal())
			}
			if trouble.late {
				assert.Equal(t, refusals.StepTimedOut, outcome.GetRefusal().GetReason())
			}
			r.agrees(outcome)
		})
	}
}

// TestALostTaskTimesEverythingElse: the answer of a workflow task is lost after each local step, so
// that the saga does not know what it has done, and then everything else goes wrong as well.
func TestALostTaskTimesEverythingElse(t *testing.T) {
	w := open(t, nil)
	for _, call := range saga.List(placeorder.Saga) {
		if call.Role != saga.RoleBegin && call.Role != saga.RoleDo && call.Role != saga.RolePivot {
			continue
		}
		for _, trouble := range troubles() {
			t.Run("lost behind "+call.Activity+", "+trouble.name, func(t *testing.T) {
				r := w.order(t, "card_approve")
				require.True(t, r.losesATask(sagas.KindPlaceOrder, sagas.PlaceOrder, r.input, call.Activity), "it was done before the task was lost")
				outcome := r.places(trouble.fault)
				if call.Role == saga.RolePivot {
					assert.Equal(t, sagas.StatusConfirmed, outcome.GetStatus(), "the pivot was passed")
				}
				r.agrees(outcome)
			})
		}
	}
}

// TestALateEffectIsHarmless lets the first attempt of a step arrive at the service only after the
// saga has ended.
func TestALateEffectIsHarmless(t *testing.T) {
	w := open(t, nil)
	delayed := func(r *run, _ string, attempt int, call func() error) error {
		if attempt > 1 {
			return call()
		}
		r.late = append(r.late, func() {
			r.t.Logf("the late attempt was answered: %v", call())
		})
		return errUnreachable
	}
	for _, step := range reversible {
		t.Run("of a confirmed order, "+step, func(t *testing.T) {
			r, outcome := w.places(t, "card_approve", on(step, delayed))
			assert.Equal(t, sagas.StatusConfirmed, outcome.GetStatus())
			r.arrivesLate()
			r.agrees(outcome)
		})
		t.Run("of a rejected order, "+step, func(t *testing.T) {
			r, outcome := w.places(t, "card_approve", on(step, func(r *run, called string, attempt int, call func() error) error {
				if attempt == 1 {
					return delayed(r, called, attempt, call)
				}
				return errUnreachable
			}))
			assert.Equal(t, sagas.StatusRejected, outcome.GetStatus())
			r.arrivesLate()
			r.agrees(outcome)
		})
	}
}

// TestTheProviderMisbehaves leaves the saga alone and uses the provider's test cards.
func TestTheProviderMisbehaves(t *testing.T) {
	w := open(t, nil)
	for _, test := range []struct{ card, status, reason string }{
		{"card_declined", sagas.StatusRejected, refusals.PaymentDeclined},
		{"card_insufficient_funds", sagas.StatusRejected, refusals.PaymentDeclined},
		{"card_error", sagas.StatusRejected, refusals.StepTimedOut},
		{"card_error_after_effect", sagas.StatusConfirmed, ""},
		{"card_slow", sagas.StatusConfirmed, ""},
		{"card_flaky", sagas.StatusConfirmed, ""},
		{"card_other_amount", sagas.StatusRejected, refusals.StepTimedOut},
		{"card_odd_text", sagas.StatusRejected, refusals.PaymentDeclined},
	} {
		t.Run(test.card, func(t *testing.T) {
			r, outcome := w.places(t, test.card, nil)
			assert.Equal(t, test.status, outcome.GetStatus(), "%v", outcome.GetRefusal())
			if test.reason != "" {
				assert.Equal(t, test.reason, outcome.GetRefusal().GetReason())
			}
			r.agrees(outcome)
		})
	}
}

func (r *run) arrivesLate() {
	r.t.Helper()
	require.NotEmpty(r.t, r.late, "the step was delayed")
	for _, call := range r.late {
		call()
	}
}
