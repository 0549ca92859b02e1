package domain

import (
	"fmt"
	"slices"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// ActRequest is an operator's decision about a stuck saga.
type ActRequest struct {
	// ID derives from the caller, the order and the request's key: a repeated request is the same
	// act.
	ID string `json:"id"`
	// Name is one of the acts of contracts/sagas.
	Name string `json:"act"`
	// Step is the activity that is skipped or settled.
	Step string `json:"step,omitempty"`
	// Reference is the payment provider's name of what a settled step did.
	Reference string `json:"reference,omitempty"`
	Note      string `json:"note"` // why
	By        string `json:"by"`   // the subject of a token
	// Cause is the cause of which many orders were acted on; empty for an act on this order alone.
	Cause string `json:"cause,omitempty"`
}

// OperatorActed: an operator decided about the open saga. The saga takes it before its next try.
type OperatorActed struct {
	Saga
	ActRequest
	CustomerID string `json:"customer_id,omitempty"`
}

// ActsTaken: the saga knows what operators decided, and tries again.
type ActsTaken struct {
	Saga
	IDs []string `json:"ids"`
}

// ActState is what became of an act.
type ActState string

// Values of ActState.
const (
	ActPending ActState = "pending" // the saga does not know of it yet
	ActTaken   ActState = "taken"   // the saga tries again
	ActHelped  ActState = "helped"  // the saga ended, or turned back, after it
	ActInVain  ActState = "in_vain" // the saga was stuck again after it
)

// Act is a decision of an operator and what became of it.
type Act struct {
	ActRequest
	Saga  Saga
	At    time.Time
	State ActState
}

func (e OperatorActed) applyTo(o *Order, at time.Time) {
	o.acts = append(o.acts, Act{ActRequest: e.ActRequest, Saga: e.Saga, At: at, State: ActPending})
}

func (e ActsTaken) applyTo(o *Order, _ time.Time) {
	o.changeActs(func(act *Act) {
		if slices.Contains(e.IDs, act.ID) {
			act.State = ActTaken
		}
	})
}

// concludeActs says what became of the acts that the saga had taken. When the saga ended, those that
// it never asked for are concluded as well.
func (o *Order) concludeActs(saga Saga, state ActState, also ...ActState) {
	o.changeActs(func(act *Act) {
		if act.Saga == saga && (act.State == ActTaken || slices.Contains(also, act.State)) {
			act.State = state
		}
	})
}

// changeActs copies the acts before it changes them, because readers may have them.
func (o *Order) changeActs(change func(*Act)) {
	o.acts = slices.Clone(o.acts)
	for i := range o.acts {
		change(&o.acts[i])
	}
}

// Acts are the decisions of operators, oldest first. It must not be changed.
func (o *Order) Acts() []Act { return o.acts }

// ActOf returns an act by its id, or nil.
func (o *Order) ActOf(id string) *Act {
	for i := range o.acts {
		if o.acts[i].ID == id {
			return &o.acts[i]
		}
	}
	return nil
}

// CheckAct refuses with act_not_allowed an act that is not possible now: the saga is not stuck, not
// stuck in this step, the step cannot be skipped, or is no call of payments.
func (o *Order) CheckAct(name, step string) error {
	stuck := o.Stuck()
	if stuck == nil {
		return refuseAct("No saga of the order is stuck")
	}
	if name == sagas.ActRetry {
		return nil
	}
	if !slices.ContainsFunc(stuck.Steps, func(s StuckStep) bool { return s.Step == step }) {
		return refuseAct(fmt.Sprintf("The saga is not stuck in %q", step))
	}
	switch name {
	case sagas.ActSkip:
		if _, ok := sagas.Skippable(o.saga.Kind, step); !ok {
			return refuseAct(fmt.Sprintf("%s of %s cannot be skipped: what follows relies on it", step, o.saga.Kind))
		}
	case sagas.ActSettle:
		if !sagas.Settleable(step) {
			return refuseAct(fmt.Sprintf("%s has no outcome at the payment provider", step))
		}
	default:
		return refuseAct(fmt.Sprintf("There is no act %q", name))
	}
	return nil
}

func refuseAct(why string) error { return refusal.New(refusals.ActNotAllowed, why, nil) }

// Act records an operator's decision about the open saga. It refuses as CheckAct does.
func (o *Order) Act(request ActRequest, at time.Time) error {
	if err := o.CheckAct(request.Name, request.Step); err != nil {
		return err
	}
	o.record(at, OperatorActed{Saga: o.saga.Saga, ActRequest: request, CustomerID: o.customerID})
	return nil
}

// TakeActs returns the acts that the open saga has to know before its next try, and records that it
// knows them. A skip is told as long as the saga is open, the others until their effect is recorded.
func (o *Order) TakeActs(saga Saga, at time.Time) []Act {
	if !o.isOpen(saga) {
		return nil
	}
	var pending []string
	for _, act := range o.acts {
		if act.Saga == saga && act.State == ActPending {
			pending = append(pending, act.ID)
		}
	}
	if len(pending) > 0 {
		o.record(at, ActsTaken{Saga: saga, IDs: pending})
	}
	var told []Act
	for _, act := range o.acts {
		if act.Saga == saga && (act.State == ActTaken || act.Name == sagas.ActSkip) {
			told = append(told, act)
		}
	}
	return told
}
