package getpayment

import (
	"time"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// Payment is an order's payment as the API shows it.
type Payment struct {
	ID                string      `json:"id,omitempty" doc:"Absent when an undo came before anything was asked for."`
	OrderID           string      `json:"order_id"`
	CustomerID        string      `json:"customer_id,omitempty"`
	Amount            *Money      `json:"amount,omitempty"`
	Status            string      `json:"status" enum:"none,pending,authorized,declined,voiding,voided"`
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

// Operation is one step's entry in the journal.
type Operation struct {
	Saga              string     `json:"saga" doc:"The saga's kind."`
	Instance          string     `json:"instance" doc:"Tells apart the sagas of one kind on one order."`
	Step              string     `json:"step"`
	Kind              string     `json:"kind" enum:"authorize"`
	State             string     `json:"state" enum:"sending,authorized,declined,void_requested,voiding,voided,never_charged,tombstone"`
	Amount            *Money     `json:"amount,omitempty"`
	IdempotencyKey    string     `json:"idempotency_key,omitempty" doc:"What the request has at the payment provider."`
	ProviderReference string     `json:"provider_reference,omitempty"`
	DeclineCode       string     `json:"decline_code,omitempty"`
	Sends             int        `json:"sends" doc:"Requests to authorize, all with the same idempotency key."`
	Failures          int        `json:"failures" doc:"Attempts to finish an undo since the last success."`
	LastError         string     `json:"last_error,omitempty"`
	InHandUntil       *time.Time `json:"in_hand_until,omitempty" doc:"Somebody works on it, or is believed to until then."`
	NextAttemptAt     *time.Time `json:"next_attempt_at,omitempty" doc:"When an unfinished undo is carried on with at the latest."`
	IntentAt          *time.Time `json:"intent_at,omitempty"`
	SentAt            *time.Time `json:"sent_at,omitempty" doc:"The last request to authorize."`
	AnsweredAt        *time.Time `json:"answered_at,omitempty"`
	UndoRequestedAt   *time.Time `json:"undo_requested_at,omitempty"`
	UndoneAt          *time.Time `json:"undone_at,omitempty"`
}

func represent(a Answer) Payment {
	p := a.Payment
	shown := Payment{
		ID: p.ID, OrderID: p.OrderID, CustomerID: p.CustomerID, Amount: money(p.Amount, p.Currency),
		Status: string(p.Status), ProviderReference: p.ProviderReference,
		CreatedAt: moment(p.CreatedAt), UpdatedAt: moment(p.UpdatedAt), Operations: []Operation{},
	}
	for _, r := range a.Journal {
		shown.Operations = append(shown.Operations, operation(r))
	}
	return shown
}

func operation(r domain.Record) Operation {
	return Operation{
		Saga: r.Step.Saga, Instance: r.Step.Instance, Step: r.Step.Name, Kind: "authorize", State: string(r.State),
		Amount: money(r.Request.Amount, r.Request.Currency), IdempotencyKey: r.Key,
		ProviderReference: r.ProviderReference, DeclineCode: r.DeclineCode,
		Sends: r.Sends, Failures: r.Failures, LastError: r.LastError,
		InHandUntil: moment(r.LeaseUntil), NextAttemptAt: moment(r.DueAt),
		IntentAt: moment(r.IntentAt), SentAt: moment(r.SentAt), AnsweredAt: moment(r.AnsweredAt),
		UndoRequestedAt: moment(r.UndoRequestedAt), UndoneAt: moment(r.UndoneAt),
	}
}

func money(amount int64, currency string) *Money {
	if currency == "" {
		return nil
	}
	return &Money{Amount: amount, Currency: currency}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	utc := t.UTC()
	return &utc
}
