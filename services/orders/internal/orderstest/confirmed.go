package orderstest

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// Confirmed records a confirmed order of 4 TEA and 2 CUP for 22.00 GBP, whose authorization can be
// captured in parts. It has no run.
func (w *World) Confirmed(customer string) (orderID string) {
	w.t.Helper()
	id, at := uuid.NewString(), now()
	total := domain.Money{Amount: 2200, Currency: "GBP"}
	check(w.t, w.Orders.Update(w.t.Context(), id, func(o *domain.Order) error {
		_, err := o.Place(domain.Placement{CustomerID: w.Subject(customer), RequestHash: "aa", Total: total, Lines: []domain.Line{
			{Number: 1, SKU: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 4}, {Number: 2, SKU: "CUP", Name: "Cup", UnitPrice: 600, Quantity: 2},
		}}, at)
		if err != nil {
			return err
		}
		_, err = o.Confirm([]domain.Done{
			{At: at, Fact: domain.StockReserved{ExpiresAt: at.Add(time.Hour)}},
			{At: at, Fact: domain.PaymentAuthorized{PaymentID: "p1", ProviderReference: "a1", Amount: total, Authorization: uuid.NewString(), MultiCapture: true}},
		}, at)
		return err
	}))
	return id
}

// Provider says what the payment provider does with the capture or refund of a request.
type Provider string

// Values of Provider.
const (
	Pays    Provider = "pays"
	Refuses Provider = "refuses" // a capture; the request is turned back
	Fails   Provider = "fails"   // a refund, which is then owed
)

// End ends the saga of the order's open request, and its run, as a worker does. It returns the
// request's id.
func (w *World) End(orderID string, provider Provider) (request string) {
	w.t.Helper()
	check(w.t, w.Orders.Update(w.t.Context(), orderID, func(o *domain.Order) error {
		open := o.OpenRequest()
		if open == nil {
			return errors.New("the order has no open request")
		}
		request = open.Instance
		saga := o.Saga().Saga
		if provider == Refuses {
			why := domain.Refused{Reason: refusals.CaptureFailed, Message: "The card was declined."}
			o.TurnBack(saga, why, now())
			_, err := o.Refuse(saga, why, nil, now())
			return err
		}
		_, err := o.End(saga, done(o, open, provider), now())
		return err
	}))
	if w.RunID(orderID) != "" {
		check(w.t, w.Temporal.TerminateWorkflow(w.t.Context(), sagas.WorkflowID(orderID), "", "its saga has ended"))
	}
	return request
}

// done are the facts of a request's steps.
func done(o *domain.Order, request *domain.Request, provider Provider) (facts []domain.Done) {
	tell := func(fact domain.StepFact) { facts = append(facts, domain.Done{At: now(), Fact: fact}) }
	switch {
	case request.Shipment != nil:
		shipment := request.Shipment
		tell(domain.PaymentCaptured{
			PaymentID: "p1", CaptureID: uuid.NewString(), Authorization: shipment.Authorization, ProviderReference: "c1",
			Amount: shipment.Capture, Shipment: request.Instance,
		})
		if shipment.Rest {
			tell(domain.PaymentVoided{PaymentID: "p1"})
		}
	case request.Refund != nil && provider == Fails:
		tell(domain.PaymentRefundFailed{PaymentID: "p1", RefundID: uuid.NewString(), CaptureID: "c1", Amount: request.Refund.Amount, Code: "account_closed"})
	case request.Refund != nil:
		tell(domain.PaymentRefunded{PaymentID: "p1", RefundID: uuid.NewString(), CaptureID: "c1", Amount: request.Refund.Amount})
	case o.Open().Amount > 0:
		if fee := request.Cancellation.FeeCapture; fee.Amount > 0 {
			tell(domain.PaymentCaptured{
				PaymentID: "p1", CaptureID: uuid.NewString(), Authorization: o.Charge().Authorization, ProviderReference: "c1", Amount: fee, Shipment: request.Instance,
			})
		}
		if request.Cancellation.Whole || request.Cancellation.Rest {
			tell(domain.PaymentVoided{PaymentID: "p1"})
		}
	}
	return facts
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
