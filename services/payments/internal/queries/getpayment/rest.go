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
	ID                string             `json:"id"`
	OrderID           string             `json:"order_id"`
	CustomerID        string             `json:"customer_id,omitempty"`
	Amount            *Money             `json:"amount,omitempty" doc:"What is held; what was asked for last, when nothing is."`
	Status            string             `json:"status" enum:"none,pending,authorized,partially_captured,captured,partially_refunded,refunded,declined,voiding,voided"`
	ProviderReference string             `json:"provider_reference,omitempty" doc:"The payment provider's name for the authorization."`
	Totals            PaymentTotals      `json:"totals"`
	CreatedAt         *time.Time         `json:"created_at,omitempty"`
	UpdatedAt         *time.Time         `json:"updated_at,omitempty"`
	Operations        []PaymentOperation `json:"operations" nullable:"false" doc:"The journal, oldest first."`
}

// Money is an amount in minor units.
type Money struct {
	Amount   int64  `json:"amount" doc:"Minor units of the currency."`
	Currency string `json:"currency"`
}

// PaymentTotals are where the money is, in minor units of the currency.
type PaymentTotals struct {
	Authorized int64 `json:"authorized" doc:"The sum of open, capturing, captured, voided and expired."`
	Open       int64 `json:"open" doc:"What can still be captured."`
	Capturing  int64 `json:"capturing" doc:"Captures that the payment provider has accepted and not settled."`
	Captured   int64 `json:"captured"`
	Voided     int64 `json:"voided"`
	Expired    int64 `json:"expired"`
	Refunding  int64 `json:"refunding" doc:"Refunds that are not settled."`
	Refunded   int64 `json:"refunded"`
	Disputed   int64 `json:"disputed" doc:"Disputes that are not won."`
	Fees       int64 `json:"fees" doc:"Fees of disputes."`
	Kept       int64 `json:"kept" doc:"What the shop keeps as fees of cancellations; it is a part of what was captured and not refunded."`
}

// PaymentOperation is one entry in the journal: an authorization, its undo, a capture, a refund or
// a dispute.
type PaymentOperation struct {
	ID                string     `json:"id" format:"uuid"`
	Saga              string     `json:"saga" doc:"The saga's kind."`
	Instance          string     `json:"instance" doc:"Tells apart the sagas of one kind on one order."`
	Step              string     `json:"step"`
	Kind              string     `json:"kind" enum:"authorize,void,capture,refund,dispute"`
	State             string     `json:"state" enum:"sending,authorized,declined,voided,expired,captured,absent,waiting,succeeded,needless,submitted,failed,reversed,open,won,lost"`
	Of                string     `json:"of,omitempty" format:"uuid" doc:"The authorization that is captured, or the capture that is refunded or disputed."`
	Shipment          string     `json:"shipment,omitempty" doc:"What a capture is for, or a refund is of."`
	Problem           string     `json:"problem,omitempty" doc:"Why an operator has to look at it."`
	Amount            *Money     `json:"amount,omitempty" doc:"What was asked for."`
	Held              *Money     `json:"held,omitempty" doc:"What the payment provider says it holds, or held."`
	Open              *Money     `json:"open,omitempty" doc:"What can still be captured of an authorization, by the payment provider's last answer."`
	Refundable        *Money     `json:"refundable,omitempty" doc:"What can still be refunded of a capture."`
	Fee               int64      `json:"fee,omitempty" doc:"Of a dispute, what it costs; of a capture or refund, what the shop keeps as the fee of a cancellation. In minor units."`
	MultiCapture      bool       `json:"multi_capture,omitempty" doc:"The authorization can be captured in several parts."`
	ChargeableAgain   bool       `json:"chargeable_again,omitempty" doc:"The payment method is stored, and the shopper agreed that it is charged again."`
	IdempotencyKey    string     `json:"idempotency_key" doc:"The key the request carries at the payment provider."`
	ProviderReference string     `json:"provider_reference,omitempty"`
	CaptureBefore     *time.Time `json:"capture_before,omitempty" doc:"When the authorization ends, as far as the payment provider says."`
	DeclineCode       string     `json:"decline_code,omitempty"`
	Sends             int        `json:"sends" doc:"Requests, all with the same idempotency key."`
	Failures          int        `json:"failures" doc:"Attempts to finish it since the last success."`
	LastError         string     `json:"last_error,omitempty"`
	InHandUntil       *time.Time `json:"in_hand_until,omitempty" doc:"End of the lease of the process that works on it."`
	NextAttemptAt     *time.Time `json:"next_attempt_at,omitempty" doc:"When it is carried on with at the latest, if it is not finished."`
	AskedAt           *time.Time `json:"asked_at,omitempty" doc:"When it was first asked for."`
	SentAt            *time.Time `json:"sent_at,omitempty" doc:"The last request."`
	AnsweredAt        *time.Time `json:"answered_at,omitempty" doc:"When the payment provider confirmed its outcome."`
}

// Route serves GET /v1/payments/{order_id}.
func Route(api *rest.API, s *store.Store) {
	handler := New(s)
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/payments/{order_id}", ID: "get-payment",
		Summary: "Get an order's payment",
		Description: "The payment with its journal: every step that moved money or was to move it, what the payment provider has confirmed, " +
			"and the operations whose outcome is not confirmed yet.",
		Tags: []string{"payments"}, Scope: auth.ScopeOperator, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, query Query) (Payment, error) {
		payment, err := handler.Handle(ctx, query)
		if err == nil && payment == nil {
			err = rest.NewProblem(http.StatusNotFound, "payment-not-found", fmt.Sprintf("Nothing was ever asked of the payment provider for order %s.", query.OrderID))
		}
		if err != nil {
			return Payment{}, err
		}
		return represent(payment), nil
	})
}

func represent(p *domain.Payment) Payment {
	is := p.Summary()
	shown := Payment{
		ID: p.ID, OrderID: p.OrderID, CustomerID: is.CustomerID, Amount: money(is.Money),
		Status: string(is.Status), ProviderReference: is.ProviderReference, Totals: PaymentTotals{
			Authorized: is.Authorized, Open: is.Open, Capturing: is.Capturing, Captured: is.Captured, Voided: is.Voided, Expired: is.Expired,
			Refunding: is.Refunding, Refunded: is.Refunded, Disputed: is.Disputed, Fees: is.Fees, Kept: is.Kept,
		},
		CreatedAt: moment(p.CreatedAt), UpdatedAt: moment(is.UpdatedAt), Operations: []PaymentOperation{},
	}
	for _, op := range p.Operations {
		operation := PaymentOperation{
			ID: op.ID, Of: op.Of, Shipment: op.Shipment, Fee: op.Fee,
			MultiCapture: op.MultiCapture, ChargeableAgain: op.StoredMethod != "" && op.Consent,
			Saga: op.Step.Saga, Instance: op.Step.Instance, Step: op.Step.Name,
			Kind: string(op.Kind), State: string(op.State), Problem: op.Problem,
			Amount: money(op.Request.Money), Held: money(op.Held), IdempotencyKey: op.Key,
			ProviderReference: op.ProviderReference, CaptureBefore: moment(op.CaptureBefore), DeclineCode: op.DeclineCode,
			Sends: op.Sends, Failures: op.Failures, LastError: op.LastError,
			InHandUntil: moment(op.LeaseUntil), NextAttemptAt: moment(op.DueAt),
			AskedAt: moment(op.AskedAt), SentAt: moment(op.SentAt), AnsweredAt: moment(op.AnsweredAt),
		}
		switch op.Kind {
		case domain.Authorize:
			operation.Open = money(domain.Money{Amount: op.Open, Currency: op.Held.Currency})
		case domain.Capture:
			operation.Refundable = money(domain.Money{Amount: p.Room(op), Currency: op.Request.Currency})
		}
		shown.Operations = append(shown.Operations, operation)
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
