package view

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/runs"
)

// Why is why an order is as it is.
type Why struct {
	OrderID string    `json:"order_id" format:"uuid"`
	Status  string    `json:"status" enum:"none,placed,confirmed,rejected,cancelled"`
	Since   time.Time `json:"since" doc:"Since when it is as the text says."`
	Text    string    `json:"text" doc:"What is going on, in a few sentences for people." example:"place-order is stuck in VoidPayment: payments is unreachable."`
	Next    WhyNext   `json:"next" doc:"What happens next."`
	Version int64     `json:"version" doc:"Of the order; the ETag."`

	Saga    *WhySaga      `json:"saga,omitempty" doc:"What works on the order; for operators, like all that follows."`
	Problem string        `json:"problem,omitempty" enum:"no_run,paused,task_failing,no_worker" doc:"What the saga cannot report itself. no_run: no workflow runs for it. paused: somebody has paused the workflow or an activity in Temporal. task_failing: its workflow task fails again and again. no_worker: no worker polls for it."`
	Steps   []StuckStep   `json:"steps,omitempty" nullable:"false" doc:"In which the saga is stuck."`
	Run     *WhyRun       `json:"run,omitempty" doc:"The saga's workflow in Temporal; absent when Temporal does not answer."`
	Acts    []PossibleAct `json:"acts,omitempty" nullable:"false" doc:"What an operator can do."`
	Acted   []DoneAct     `json:"acted,omitempty" nullable:"false" doc:"What operators have done, the oldest first."`
}

// WhyNext is what happens next.
type WhyNext struct {
	Text string     `json:"text"`
	At   *time.Time `json:"at,omitempty" doc:"When, as far as it is known."`
}

// WhySaga is the saga that works on the order.
type WhySaga struct {
	Kind      string    `json:"kind" example:"place-order"`
	Instance  string    `json:"instance" format:"uuid"`
	BeganAt   time.Time `json:"began_at"`
	Direction string    `json:"direction" enum:"forward,back" doc:"back: it undoes what it did."`
	Reason    *Reason   `json:"reason,omitempty" doc:"Why it goes back."`
	Build     string    `json:"build,omitempty" doc:"Of the worker that made the last try that is recorded."`
}

// WhyRun is the workflow of the saga.
type WhyRun struct {
	WorkflowID string       `json:"workflow_id"`
	RunID      string       `json:"run_id,omitempty"`
	Type       string       `json:"type,omitempty" example:"RepairOrder"`
	State      string       `json:"state" doc:"running, none, or how it was closed." example:"running"`
	Build      string       `json:"build,omitempty" doc:"The worker build that it is pinned to."`
	Problems   []string     `json:"problems,omitempty" nullable:"false" doc:"In the words of Temporal."`
	Pending    []WhyPending `json:"pending,omitempty" nullable:"false"`
}

// WhyPending is a step at work.
type WhyPending struct {
	Step      string     `json:"step"`
	Attempt   int32      `json:"attempt"`
	LastError string     `json:"last_error,omitempty"`
	NextAt    *time.Time `json:"next_at,omitempty" doc:"Of the next attempt; absent while one is made."`
}

// Harmless is what shoppers see: nothing of the inside.
func Harmless(o *domain.Order) *Why {
	why := &Why{OrderID: o.ID(), Status: string(o.Status()), Version: o.Version()}
	switch {
	case o.Stuck() != nil:
		why.Since, why.Text = o.Stuck().Since, "Your order is delayed: a step takes longer than it should."
		why.Next.Text = "We are working on it. You need not do anything."
	case o.Saga() != nil:
		why.Since, why.Text = o.Saga().BeganAt, "Your order is being worked on."
		why.Next.Text = "This usually takes a few seconds."
	default:
		settled(o, why)
	}
	return why
}

func settled(o *domain.Order, why *Why) {
	why.Since, why.Text = o.SettledAt(), fmt.Sprintf("The order is %s.", o.Status())
	if refused := o.Refused(); refused != nil {
		why.Text = fmt.Sprintf("The order is %s: %s.", o.Status(), cmp.Or(refused.Message, refused.Reason))
	}
	why.Next.Text = "Nothing more happens by itself."
	for _, hold := range o.Holds() {
		why.Since = hold.Since
		why.Text += fmt.Sprintf(" It is on hold for its payment: %s of what is not shipped is neither authorized nor paid.", hold.Missing.Text())
		why.Next.Text = "It is not shipped until it is paid; it can be cancelled."
	}
}

// Explain is what operators see. Run is nil when Temporal does not answer.
func Explain(o *domain.Order, run *runs.Run, polled runs.Polled) *Why {
	why := &Why{
		OrderID: o.ID(), Status: string(o.Status()), Version: o.Version(),
		Acts: PossibleActs(o), Acted: DoneActs(o),
	}
	saga := o.Saga()
	if saga == nil {
		settled(o, why)
		return why
	}
	why.Since = saga.BeganAt
	why.Saga = &WhySaga{Kind: saga.Kind, Instance: saga.Instance, BeganAt: saga.BeganAt, Direction: "forward"}
	why.Text = fmt.Sprintf("%s works on the order.", saga.Kind)
	why.Next.Text = "It goes on."
	if back := saga.TurnedBack; back != nil {
		why.Saga.Direction, why.Saga.Reason = "back", &Reason{Code: back.Reason, Message: back.Message, Details: back.Details}
		why.Text = fmt.Sprintf("%s undoes what it did: %s.", saga.Kind, cmp.Or(back.Message, back.Reason))
		why.Next.Text = "When everything is undone the order is settled."
	}
	if stuck := saga.Stuck; stuck != nil {
		why.Since, why.Saga.Build = stuck.Since, stuck.Build
		why.Steps = StuckOf(o).Steps
		why.Text = stuckText(saga)
		why.Next.Text = "It is tried again by itself, or when an operator says so."
	}
	if run != nil {
		why.Run = shown(*run)
		if !run.NextTry.IsZero() && saga.Stuck != nil {
			why.Next.At = &run.NextTry
		}
		if why.Problem = run.Problem(polled); why.Problem != "" {
			why.Text, why.Next = why.Text+" "+run.Explain(polled), problemNext(*run, why.Problem)
		}
	}
	return why
}

func stuckText(saga *domain.OpenSaga) string {
	parts := make([]string, len(saga.Stuck.Steps))
	for i, step := range saga.Stuck.Steps {
		parts[i] = fmt.Sprintf("%s after %d attempts: %s (%s)", step.Step, step.Attempts, said(step), step.LastError)
	}
	text := fmt.Sprintf("%s is stuck in %s.", saga.Kind, strings.Join(parts, "; and in "))
	if back := saga.TurnedBack; back != nil {
		text += fmt.Sprintf(" It undoes what it did: %s.", cmp.Or(back.Message, back.Reason))
	}
	return text
}

// said puts the kind of an error into words.
func said(step domain.StuckStep) string {
	service := cmp.Or(step.Service, "a service")
	switch step.Kind {
	case sagas.FailureUnreachable:
		return service + " does not answer"
	case sagas.FailureUnavailable:
		return service + " says that something it needs does not work, or that an outcome is not known"
	case sagas.FailureTimeout:
		return service + " did not answer in time"
	case sagas.FailureRefused:
		return service + " refused what must not be refused"
	default:
		return service + " failed"
	}
}

func problemNext(run runs.Run, problem string) WhyNext {
	switch problem {
	case runs.NoRun:
		return WhyNext{Text: "The sweep starts a run within about two minutes; `ordersaga recover` does it now."}
	case runs.Paused:
		text := "It goes on when it is unpaused: on the workflow's page in the Temporal Web UI, or with "
		if run.State == runs.StatePaused {
			return WhyNext{Text: text + "`temporal workflow unpause --workflow-id " + run.WorkflowID + "`."}
		}
		return WhyNext{Text: text + "`temporal activity unpause`."}
	case runs.TaskFailing:
		return WhyNext{Text: "The task is tried again until a worker with a mended build" + ofBuild(run.Build) + " polls."}
	default:
		return WhyNext{Text: "It goes on when a worker" + ofBuild(run.Build) + " is started."}
	}
}

func ofBuild(build string) string {
	if build == "" {
		return ""
	}
	return " of build " + build
}

func shown(run runs.Run) *WhyRun {
	why := &WhyRun{
		WorkflowID: run.WorkflowID, RunID: run.RunID, Type: run.Type, State: run.State, Build: run.Build, Problems: run.Problems,
	}
	for _, p := range run.Pending {
		pending := WhyPending{Step: p.Activity, Attempt: p.Attempt, LastError: p.LastError}
		if !p.NextAt.IsZero() {
			pending.NextAt = &p.NextAt
		}
		why.Pending = append(why.Pending, pending)
	}
	return why
}
