package getpayment

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
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
	IdempotencyKey    string     `json:"idempotency_key" doc:"The key the request carries at the payment provider."`
	ProviderReference string     `json:"provider_reference,omitempty"`
	CaptureBefore     *time.Time `json:"capture_before,omitempty" doc:"When the authorization ends, as far as the payment provider says."`
	DeclineCode       string     `json:"decline_code,omitempty"`
	Sends             int        `json:"sends" doc:"Requests, all with the same idempotency key."`
	Failures          int        `json:"failures" doc:"Attempts to finish an undo since the last success."`
	LastError         string     `json:"last_error,omitempty"`
	InHandUntil       *time.Time `json:"in_hand_until,omitempty" doc:"End of the lease of the process that works on it."`
	NextAttemptAt     *time.Time `json:"next_attempt_at,omitempty" doc:"When an unfinished undo is carried on with at the latest."`
	AskedAt           *time.Time `json:"asked_at" doc:"When it was first asked for."`
	SentAt            *time.Time `json:"sent_at,omitempty" doc:"The last request."`
	AnsweredAt        *time.Time `json:"answered_at,omitempty" doc:"When the payment provider confirmed its outcome."`
}

type output struct{ Body Payment }

// Route serves GET /v1/payments/{order_id}.
func Route(api *rest.API, s *store.Store) {
	handler := New(s)
	rest.Handle(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/payments/{order_id}", ID: "get-payment",
		Summary: "Get an order's payment",
		Description: "The payment with its journal: every step that moved money or was to move it, what the payment provider has confirmed, " +
			"and the operations whose outcome is not confirmed yet.",
		Tags: []string{"payments"}, Scope: auth.ScopeOperator, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, query *Query) (*output, error) {
		payment, err := handler.Handle(ctx, *query)
		if err != nil {
			return nil, err
		}
		if payment == nil {
			return nil, rest.NewProblem(http.StatusNotFound, "payment-not-found", fmt.Sprintf("Nothing was ever asked of the payment provider for order %s.", query.OrderID))
		}
		return &output{Body: represent(payment)}, nil
	})
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
