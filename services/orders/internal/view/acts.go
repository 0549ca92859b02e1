package view

import (
	"fmt"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// PossibleAct is something that an operator can do about a stuck saga.
type PossibleAct struct {
	Name    string `json:"name" enum:"retry,skip,settle" example:"retry"`
	Step    string `json:"step,omitempty" doc:"The activity that it is about." example:"VoidPayment"`
	Method  string `json:"method" example:"POST"`
	Href    string `json:"href"`
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason,omitempty" doc:"Why it is not allowed now."`
	Effect  string `json:"effect,omitempty" doc:"What it would do." example:"voids £25.00 now"`
}

// DoneAct is an act of an operator and what became of it.
type DoneAct struct {
	ID        string    `json:"id" format:"uuid"`
	Act       string    `json:"act" enum:"retry,skip,settle"`
	Step      string    `json:"step,omitempty"`
	Reference string    `json:"reference,omitempty"`
	Note      string    `json:"note" doc:"Why."`
	By        string    `json:"by" doc:"Who."`
	Cause     string    `json:"cause,omitempty" doc:"The cause whose orders were acted on together."`
	At        time.Time `json:"at"`
	State     string    `json:"state" enum:"pending,taken,helped,in_vain" doc:"pending: its saga takes it before its next try. taken: it tries. helped: the saga ended, or turned back. in_vain: it is stuck again."`
}

// ActsPath is where operators act on an order over REST.
func ActsPath(orderID string) string { return Path(orderID) + "/acts" }

// DoneActs shows what operators decided about an order.
func DoneActs(o *domain.Order) []DoneAct {
	shown := make([]DoneAct, len(o.Acts()))
	for i, act := range o.Acts() {
		shown[i] = ShowAct(act)
	}
	return shown
}

// ShowAct makes the JSON of an act.
func ShowAct(act domain.Act) DoneAct {
	return DoneAct{
		ID: act.ID, Act: act.Name, Step: act.Step, Reference: act.Reference, Note: act.Note, By: act.By, Cause: act.Cause,
		At: act.At, State: string(act.State),
	}
}

// PossibleActs are the acts on the stuck saga of an order, each with its effect; none when no saga
// is stuck.
func PossibleActs(o *domain.Order) []PossibleAct {
	stuck := o.Stuck()
	if stuck == nil {
		return []PossibleAct{}
	}
	retry := possible(o, sagas.ActRetry, "")
	for i, step := range stuck.Steps {
		if i > 0 {
			retry.Effect += ", "
		}
		retry.Effect += effect(o, step.Step)
	}
	retry.Effect += " now"
	acts := []PossibleAct{retry}
	for _, step := range stuck.Steps {
		skip, settle := possible(o, sagas.ActSkip, step.Step), possible(o, sagas.ActSettle, step.Step)
		if skip.Allowed {
			skip.Effect, _ = sagas.Skippable(o.Saga().Kind, step.Step)
		}
		acts = append(acts, skip)
		if settle.Allowed {
			settle.Effect = "takes over what the payment provider has under the reference you give, if it agrees, and then " + effect(o, step.Step)
			acts = append(acts, settle)
		}
	}
	return acts
}

func possible(o *domain.Order, name, step string) PossibleAct {
	act := PossibleAct{Name: name, Step: step, Method: http.MethodPost, Href: ActsPath(o.ID())}
	err := o.CheckAct(name, step)
	act.Allowed = err == nil
	if refused, ok := refusal.As(err); ok {
		act.Reason = refused.Message
	}
	return act
}

// effect says what a step does to the order, in the words of people.
func effect(o *domain.Order, step string) string {
	switch step {
	case sagas.AuthorizePayment.Name:
		return "authorizes " + o.AtRisk().Text()
	case sagas.VoidPayment.Name:
		return "voids " + o.AtRisk().Text()
	case sagas.ReserveStock.Name, sagas.AllocateStock.Name:
		return "reserves " + units(o)
	case sagas.ReleaseStock.Name, sagas.ReleaseUnits.Name:
		return "frees " + units(o)
	case sagas.ShipUnits.Name:
		return "takes " + units(o) + " out of the stock"
	case sagas.CapturePayment.Name:
		return "captures " + o.AtRisk().Text()
	case sagas.RefundPayment.Name:
		return "refunds " + o.AtRisk().Text()
	case sagas.VoidAuthorization.Name:
		return "voids what is left of the authorization"
	}
	return fmt.Sprintf("tries %s", step)
}

func units(o *domain.Order) string { return text.Count(int(o.UnitsAtRisk()), "unit") }
