package domain

import (
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// RefundRequest asks to give an amount back without a return, or to try a failed refund again.
type RefundRequest struct {
	Ask
	Amount Money
	// Retries is the instance of the request whose refund failed, or of one that tried it again; then
	// its debt is refunded, and Amount is not used.
	Retries string
	// Limit is what one operator may give back of one order, in minor units; 0: no limit.
	Limit int64
}

// Refund is an amount to give back. It is the input of the saga.
type Refund struct {
	Ask
	Amount  Money  `json:"amount"`
	Retries string `json:"retries,omitempty"` // empty: it is goodwill
}

// Refunding returns the saga of a request to refund.
func Refunding(instance string) Saga { return Saga{Kind: sagas.KindRefundOrder, Instance: instance} }

// PlanRefund returns what a request would refund now. It refuses with order_settled and
// saga_in_progress as PlanCancel does, with refund_exceeds_captured when less is left of what was
// captured, with refund_limit when the operator may not give back as much, and with no_debt when
// there is no failed refund to try again.
func (o *Order) PlanRefund(request RefundRequest) (Refund, error) {
	if err := o.checkFree(); err != nil {
		return Refund{}, err
	}
	planned := Refund{Ask: request.Ask, Amount: request.Amount, Retries: o.owing(request.Retries)}
	if request.Retries != "" {
		if planned.Amount = o.Debt(request.Retries); planned.Amount.Amount == 0 {
			return Refund{}, refusal.New(refusals.NoDebt, "There is no failed refund to try again", nil)
		}
		return planned, o.checkRefundable(planned.Amount, Money{Amount: o.captured - o.refunded, Currency: o.total.Currency})
	}
	if planned.Amount.Currency != o.total.Currency {
		return Refund{}, refusal.New(refusals.CurrencyMismatch, "The order is in "+o.total.Currency,
			refusals.CurrencyMismatchDetails{Currency: planned.Amount.Currency})
	}
	if err := o.checkRefundable(planned.Amount, o.Refundable()); err != nil {
		return Refund{}, err
	}
	if left := request.Limit - o.goodwill[request.By]; request.Limit > 0 && planned.Amount.Amount > left {
		left = max(0, left)
		return Refund{}, refusal.New(refusals.RefundLimit,
			fmt.Sprintf("You may give back %s more of this order", Money{Amount: left, Currency: o.total.Currency}.Text()),
			refusals.AmountLeftDetails{Amount: left, Currency: o.total.Currency})
	}
	return planned, nil
}

func (o *Order) checkRefundable(amount, left Money) error {
	if amount.Amount <= left.Amount {
		return nil
	}
	return refusal.New(refusals.RefundExceedsCaptured,
		fmt.Sprintf("Only %s of the order can be refunded", left.Text()), refusals.AmountLeftDetails(left))
}

// BeginRefund records that RefundOrder works on the order from now on. It refuses as PlanRefund
// does.
func (o *Order) BeginRefund(request RefundRequest, at time.Time) (Refund, error) {
	planned, err := o.PlanRefund(request)
	if err != nil {
		return Refund{}, err
	}
	return planned, o.begin(Refunding(request.Instance), planned, at)
}

// endRefund records the refund. What the provider did not give back stays a debt.
func (o *Order) endRefund(request *Request, done []Done, at time.Time) error {
	refund := *request.Refund
	o.recordDone(done)
	if asked := o.refundedBy(request.Instance); asked != refund.Amount.Amount {
		return fmt.Errorf("refund order %s: %w: a refund of %s, not of %d", o.id, ErrFacts, refund.Amount, asked)
	}
	o.record(at, OrderRefunded{Instance: request.Instance, CustomerID: o.customerID, Refund: refund})
	return nil
}

// SettleDebt records that an amount whose refund failed was paid in another way. It refuses with
// no_debt, and with saga_in_progress while a saga works on the order, which may be refunding it.
func (o *Order) SettleDebt(instance, reference, by string, at time.Time) error {
	if o.saga != nil {
		return refusal.New(refusals.SagaInProgress, "Another saga is working on the order; try again when it is done",
			refusals.SagaInProgressDetails{Saga: o.saga.Kind, RetryAfter: sagaRetry})
	}
	debt := o.Debt(instance)
	if debt.Amount == 0 {
		return refusal.New(refusals.NoDebt, "There is no failed refund that is still owed", nil)
	}
	o.record(at, DebtSettled{
		Instance: o.owing(instance), CustomerID: o.customerID, Amount: debt, Reference: reference, By: by,
	})
	return nil
}
