package getpayment

import (
	"time"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// Payment is an order's payment as the API shows it.
type Payment struct {
	ID                string      `json:"id"`
	OrderID           string      `json:"order_id"`
	CustomerID        string      `json:"customer_id,omitempty"`
	Amount            *Money      `json:"amount,omitempty" doc:"What is held; what was asked for last, when nothing is."`
	Status            string      `json:"status" enum:"none,pending,authorized,captured,declined,voiding,voided"`
	ProviderReference string      `json:"provider_reference,omitempty" doc:"The payment provider's name for the authorization."`
	CreatedAt         *time.Time  `json:"created_at,omitempty"`
	UpdatedAt         *time.Time  `json:"updated_at,omitempty"`
	Operations        []Operation `json:"operations" doc:"The journal, oldest first."`
}

// Money is an amount in minor units.
type Money struct {
	Amount   int64  `json:"amount" doc:"Minor units of the currency."`
	Currency string `json:"currency"`
}

// Operation is one entry in the journal: a step's authorization, or its undo.
type Operation struct {
	Saga              string     `json:"saga" doc:"The saga's kind."`
	Instance          string     `json:"instance" doc:"Tells apart the sagas of one kind on one order."`
	Step              string     `json:"step"`
	Kind              string     `json:"kind" enum:"authorize,void"`
	State             string     `json:"state" enum:"sending,authorized,declined,voided,expired,captured,absent,waiting,succeeded,needless"`
	Problem           string     `json:"problem,omitempty" doc:"Why an operator has to look at it."`
	Amount            *Money     `json:"amount,omitempty" doc:"What was asked for."`
	Held              *Money     `json:"held,omitempty" doc:"What the payment provider says it holds, or held."`
	IdempotencyKey    string     `json:"idempotency_key" doc:"What the request has at the payment provider."`
	ProviderReference string     `json:"provider_reference,omitempty"`
	CaptureBefore     *time.Time `json:"capture_before,omitempty" doc:"When the authorization ends, as far as the payment provider says."`
	DeclineCode       string     `json:"decline_code,omitempty"`
	Sends             int        `json:"sends" doc:"Requests, all with the same idempotency key."`
	Failures          int        `json:"failures" doc:"Attempts to finish an undo since the last success."`
	LastError         string     `json:"last_error,omitempty"`
	InHandUntil       *time.Time `json:"in_hand_until,omitempty" doc:"Somebody works on it, or is believed to until then."`
	NextAttemptAt     *time.Time `json:"next_attempt_at,omitempty" doc:"When an unfinished undo is carried on with at the latest."`
	AskedAt           *time.Time `json:"asked_at" doc:"When it was first asked for."`
	SentAt            *time.Time `json:"sent_at,omitempty" doc:"The last request."`
	AnsweredAt        *time.Time `json:"answered_at,omitempty" doc:"When its outcome became known."`
}

func represent(p *domain.Payment) Payment {
	is := p.Summary()
	shown := Payment{
		ID: p.ID, OrderID: p.OrderID, CustomerID: is.CustomerID, Amount: money(is.Money),
		Status: string(is.Status), ProviderReference: is.ProviderReference,
		CreatedAt: moment(p.CreatedAt), UpdatedAt: moment(is.UpdatedAt), Operations: []Operation{},
	}
	for _, op := range p.Operations {
		shown.Operations = append(shown.Operations, Operation{
			Saga: op.Step.Saga, Instance: op.Step.Instance, Step: op.Step.Name,
			Kind: string(op.Kind), State: string(op.State), Problem: op.Problem,
			Amount: money(op.Request.Money), Held: money(op.Held), IdempotencyKey: op.Key,
			ProviderReference: op.ProviderReference, CaptureBefore: moment(op.CaptureBefore), DeclineCode: op.DeclineCode,
			Sends: op.Sends, Failures: op.Failures, LastError: op.LastError,
			InHandUntil: moment(op.LeaseUntil), NextAttemptAt: moment(op.DueAt),
			AskedAt: moment(op.AskedAt), SentAt: moment(op.SentAt), AnsweredAt: moment(op.AnsweredAt),
		})
	}
	return shown
}

func money(m domain.Money) *Money {
	if m.Currency == "" {
		return nil
	}
	return &Money{Amount: m.Amount, Currency: m.Currency}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
