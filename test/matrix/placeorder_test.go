package matrix_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

// steps of PlaceOrder: those it can still turn back from, those it must finish.
var (
	reversible = []string{sagas.ReserveStock, sagas.AuthorizePayment, sagas.AllocateStock}
	forward    = []string{sagas.RecordPlaced, sagas.ConfirmOrder}
	undos      = []string{sagas.StartCompensation, sagas.ReleaseStock, sagas.VoidPayment, sagas.RejectOrder}
)

// on applies a fault to one step only.
func on(step string, f fault) fault {
	return func(r *run, called string, attempt int, call func() (any, error)) (any, error) {
		if called != step {
			return call()
		}
		return f(r, called, attempt, call)
	}
}

// requestLost: the first calls never reach the service.
func requestLost(times int) fault {
	return func(_ *run, _ string, attempt int, call func() (any, error)) (any, error) {
		if attempt <= times {
			return nil, errLost
		}
		return call()
	}
}

// answerLost: the first calls take effect, and the saga does not hear of it.
func answerLost(times int) fault {
	return func(_ *run, _ string, attempt int, call func() (any, error)) (any, error) {
		result, err := call()
		if attempt <= times {
			return nil, errLost
		}
		return result, err
	}
}

// cancelled: somebody cancels the workflow around the first call.
func cancelled(before bool) fault {
	return func(r *run, _ string, attempt int, call func() (any, error)) (any, error) {
		if attempt == 1 && before {
			r.env.CancelWorkflow()
		}
		result, err := call()
		if attempt == 1 && !before {
			r.env.CancelWorkflow()
		}
		return result, err
	}
}

const (
	once    = 1
	stuck   = 12 // more than one round of attempts
	forever = 1 << 30
)

func TestPlaceOrder(t *testing.T) {
	w := open(t)

	t.Run("nothing goes wrong", func(t *testing.T) {
		r, outcome := w.places(t, "card_approve", nil)
		assert.Equal(t, sagas.StatusConfirmed, outcome.Status)
		r.agrees(outcome)
	})

	for name, f := range map[string]func(int) fault{"request lost": requestLost, "answer lost": answerLost} {
		for _, step := range slices.Concat(forward, reversible) {
			t.Run(name+" once at "+step, func(t *testing.T) {
				r, outcome := w.places(t, "card_approve", on(step, f(once)))
				assert.Equal(t, sagas.StatusConfirmed, outcome.Status, "%+v", outcome.Refusal)
				r.agrees(outcome)
			})
		}
		for _, step := range reversible {
			t.Run(name+" for ever at "+step, func(t *testing.T) {
				r, outcome := w.places(t, "card_approve", on(step, f(forever)))
				assert.Equal(t, sagas.StatusRejected, outcome.Status)
				require.NotNil(t, outcome.Refusal)
				assert.Equal(t, refusals.StepTimedOut, outcome.Refusal.Reason)
				r.agrees(outcome)
			})
		}
		for _, step := range forward {
			t.Run(name+" until it is stuck at "+step, func(t *testing.T) {
				r, outcome := w.places(t, "card_approve", on(step, f(stuck)))
				assert.Equal(t, sagas.StatusConfirmed, outcome.Status)
				r.agrees(outcome)
			})
		}
		for _, step := range undos {
			t.Run(name+" until it is stuck at the undo "+step, func(t *testing.T) {
				undo := on(step, f(stuck))
				r, outcome := w.places(t, "card_approve", func(r *run, called string, attempt int, call func() (any, error)) (any, error) {
					if called == sagas.AllocateStock {
						return nil, errLost
					}
					return undo(r, called, attempt, call)
				})
				assert.Equal(t, sagas.StatusRejected, outcome.Status)
				r.agrees(outcome)
			})
		}
	}

	for when, before := range map[string]bool{"before": true, "after": false} {
		for _, step := range slices.Concat(forward[:1], reversible) {
			t.Run("cancelled "+when+" "+step, func(t *testing.T) {
				r, outcome := w.places(t, "card_approve", on(step, cancelled(before)))
				// The test environment may deliver a cancel after the last border at
				// which it takes effect; either way the books must agree.
				r.agrees(outcome)
			})
		}
		t.Run("cancelled "+when+" the pivot", func(t *testing.T) {
			r, outcome := w.places(t, "card_approve", on(sagas.ConfirmOrder, cancelled(before)))
			assert.Equal(t, sagas.StatusConfirmed, outcome.Status)
			r.agrees(outcome)
		})
	}
}

// TestALateEffectIsHarmless lets the first attempt of a step arrive at the
// service only after the saga has ended.
func TestALateEffectIsHarmless(t *testing.T) {
	w := open(t)
	delayed := func(r *run, _ string, attempt int, call func() (any, error)) (any, error) {
		if attempt > 1 {
			return call()
		}
		r.late = append(r.late, func() {
			result, err := call()
			r.t.Logf("the late attempt was answered: %v, %v", result, err)
		})
		return nil, errLost
	}
	for _, step := range reversible {
		t.Run("of a confirmed order, "+step, func(t *testing.T) {
			r, outcome := w.places(t, "card_approve", on(step, delayed))
			assert.Equal(t, sagas.StatusConfirmed, outcome.Status)
			r.arrivesLate()
			r.agrees(outcome)
		})
		t.Run("of a rejected order, "+step, func(t *testing.T) {
			r, outcome := w.places(t, "card_approve", on(step, func(r *run, called string, attempt int, call func() (any, error)) (any, error) {
				if attempt == 1 {
					return delayed(r, called, attempt, call)
				}
				return nil, errLost
			}))
			assert.Equal(t, sagas.StatusRejected, outcome.Status)
			r.arrivesLate()
			r.agrees(outcome)
		})
	}
}

// TestTheProviderMisbehaves leaves the saga alone and uses the provider's test
// cards.
func TestTheProviderMisbehaves(t *testing.T) {
	w := open(t)
	for _, test := range []struct{ card, status, reason string }{
		{"card_declined", sagas.StatusRejected, refusals.PaymentDeclined},
		{"card_insufficient_funds", sagas.StatusRejected, refusals.PaymentDeclined},
		{"card_error", sagas.StatusRejected, refusals.StepTimedOut},
		{"card_error_after_effect", sagas.StatusConfirmed, ""},
		{"card_slow", sagas.StatusConfirmed, ""},
		{"card_flaky", sagas.StatusConfirmed, ""},
	} {
		t.Run(test.card, func(t *testing.T) {
			r, outcome := w.places(t, test.card, nil)
			assert.Equal(t, test.status, outcome.Status, "%+v", outcome.Refusal)
			if test.reason != "" && assert.NotNil(t, outcome.Refusal) {
				assert.Equal(t, test.reason, outcome.Refusal.Reason)
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
