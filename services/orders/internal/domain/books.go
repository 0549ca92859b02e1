package domain

import "time"

// books are what the events say of an order's money, in minor units of its currency.
type books struct {
	open      int64 // authorized, neither captured nor voided
	captured  int64
	refunded  int64
	cancelled int64 // the amount of cancelled units
	shipped   int64 // the amount of shipped units
	fees      int64 // what was kept of the amounts of cancelled units
	goodwill  map[string]int64
	// refunds are the parts of refunds, by the instance of the request that they belong to.
	refunds map[string][]refundPart
	// settled are debts that were paid in another way, by the instance of the request.
	settled  map[string]int64
	captures map[string]capture // by id
	ledger   []Entry
}

// capture is what became of a capture.
type capture struct {
	request string // the instance of the request that it was for
	failed  bool   // afterwards
}

// refundPart is what became of a part of a refund: one capture's.
type refundPart struct {
	id     string
	amount int64
	failed bool
}

func (e PaymentCaptured) applyTo(o *Order, at time.Time) {
	o.post(Entry{ID: e.CaptureID + "/captured", At: at, Text: "The payment was captured", Lines: []EntryLine{
		{Held, -e.Amount.Amount}, {HeldContra, e.Amount.Amount}, {Provider, e.Amount.Amount}, {Customer, -e.Amount.Amount},
	}})
	if o.captures == nil {
		o.captures = map[string]capture{}
	}
	o.captures[e.CaptureID] = capture{request: e.Shipment}
	o.captured += e.Amount.Amount
	o.open -= e.Amount.Amount
}

func (e PaymentRefunded) applyTo(o *Order, at time.Time) {
	o.post(Entry{ID: e.RefundID + "/refunded", At: at, Text: "An amount was refunded", Lines: []EntryLine{
		{Customer, e.Amount.Amount}, {Provider, -e.Amount.Amount},
	}})
	o.refunded += e.Amount.Amount
	o.addRefund(refundPart{id: e.RefundID, amount: e.Amount.Amount})
}

// A refund that was recorded as made fails late.
func (e PaymentRefundFailed) applyTo(o *Order, at time.Time) {
	made := o.refund(e.RefundID)
	if made == nil {
		o.addRefund(refundPart{id: e.RefundID, amount: e.Amount.Amount, failed: true})
		return
	}
	made.failed = true
	o.refunded -= made.amount
	o.post(Entry{ID: e.RefundID + "/failed", At: at, Text: "A refund failed afterwards", Lines: []EntryLine{
		{Provider, made.amount}, {Customer, -made.amount},
	}})
}

func (e PaymentCaptureFailed) applyTo(o *Order, at time.Time) {
	failed := o.captures[e.CaptureID]
	failed.failed = true
	o.captures[e.CaptureID] = failed
	o.captured -= e.Amount.Amount
	o.post(Entry{ID: e.CaptureID + "/failed", At: at, Text: "A capture failed afterwards", Lines: []EntryLine{
		{Customer, e.Amount.Amount}, {Provider, -e.Amount.Amount}, {Held, e.Open - o.open}, {HeldContra, o.open - e.Open},
	}})
	o.open = e.Open
	if request := o.Request(failed.request); request != nil && request.Cancellation != nil { // no fee without its money
		o.fees -= e.Amount.Amount
		o.post(Entry{ID: e.CaptureID + "/waived", At: at, Text: "The fee of a cancellation was not paid and is not kept", Lines: []EntryLine{
			{Fees, e.Amount.Amount}, {Customer, -e.Amount.Amount},
		}})
	}
}

func (e AuthorizationEnded) applyTo(o *Order, at time.Time) {
	o.post(Entry{ID: e.Authorization + "/" + e.State, At: at, Text: "The authorization was " + e.State + " at the provider", Lines: []EntryLine{
		{Held, -o.open}, {HeldContra, o.open},
	}})
	o.open, o.payment = 0, PaymentStatusVoided
	if o.charge != nil {
		ended := *o.charge
		ended.VoidedAt = at
		o.charge = &ended
	}
}

// addRefund adds a part of a refund to the request that the open saga carries out.
func (o *Order) addRefund(part refundPart) {
	if o.refunds == nil {
		o.refunds = map[string][]refundPart{}
	}
	instance := ""
	if o.saga != nil {
		instance = o.saga.Instance
	}
	o.refunds[instance] = append(o.refunds[instance], part)
}

func (e OrderRefunded) applyTo(o *Order, at time.Time) {
	if e.Retries != "" {
		return
	}
	o.post(Entry{ID: e.Instance + "/goodwill", At: at, Text: "Given back without a return: " + e.Reason, Lines: []EntryLine{
		{Goodwill, e.Amount.Amount}, {Customer, -e.Amount.Amount},
	}})
	if o.goodwill == nil {
		o.goodwill = map[string]int64{}
	}
	o.goodwill[e.By] += e.Amount.Amount
}

func (e DebtSettled) applyTo(o *Order, at time.Time) {
	o.post(Entry{ID: e.Instance + "/settled", At: at, Text: "A failed refund was paid in another way: " + e.Reference, Lines: []EntryLine{
		{Customer, e.Amount.Amount}, {Elsewhere, -e.Amount.Amount},
	}})
	if o.settled == nil {
		o.settled = map[string]int64{}
	}
	o.settled[e.Instance] += e.Amount.Amount
}

func (e PaymentCaptured) recorded(o *Order) bool {
	_, known := o.captures[e.CaptureID]
	return known
}

func (e PaymentCaptureFailed) recorded(o *Order) bool {
	return o.captures[e.CaptureID].failed
}

func (e AuthorizationEnded) recorded(o *Order) bool {
	return o.charge == nil || o.charge.Authorization != e.Authorization || !o.charge.VoidedAt.IsZero()
}

func (e PaymentRefunded) recorded(o *Order) bool { return o.refund(e.RefundID) != nil }

func (e PaymentRefundFailed) recorded(o *Order) bool {
	part := o.refund(e.RefundID)
	return part != nil && part.failed
}

// refund returns a part of a refund, or nil.
func (o *Order) refund(id string) *refundPart {
	for _, parts := range o.refunds {
		for i := range parts {
			if parts[i].id == id {
				return &parts[i]
			}
		}
	}
	return nil
}

// refundedBy returns what a request asked the provider to give back, whatever became of it.
func (o *Order) refundedBy(instance string) (asked int64) {
	for _, part := range o.refunds[instance] {
		asked += part.amount
	}
	return asked
}

// Debts are the amounts that the shop owes because a refund failed, by the instance of the request
// that had to refund.
func (o *Order) Debts() map[string]int64 {
	debts := map[string]int64{}
	for instance, parts := range o.refunds {
		owed := o.owing(instance)
		retries := owed != instance
		for _, part := range parts {
			switch {
			case retries && !part.failed:
				debts[owed] -= part.amount
			case !retries && part.failed:
				debts[owed] += part.amount
			}
		}
	}
	for instance, amount := range o.settled {
		debts[instance] -= amount
	}
	for instance, amount := range debts {
		if amount <= 0 {
			delete(debts, instance)
		}
	}
	return debts
}

// owing returns the instance by which the debt of a request is listed: of one that tries a refund
// again, that of the request whose refund failed first.
func (o *Order) owing(instance string) string {
	if request := o.Request(instance); request != nil && request.Refund != nil && request.Refund.Retries != "" {
		return request.Refund.Retries
	}
	return instance
}

// Debt is what the shop owes because the refund of a request failed, and those that tried it again.
func (o *Order) Debt(instance string) Money {
	return Money{Amount: o.Debts()[o.owing(instance)], Currency: o.total.Currency}
}

// Due returns the amount for the units that are not cancelled; 0 when the order was rejected or
// cancelled, in whatever way.
func (o *Order) Due() Money {
	due := o.total
	if o.status == StatusRejected || o.status == StatusCancelled {
		due.Amount = 0
		return due
	}
	due.Amount -= o.books.cancelled
	return due
}

// kept is what was captured for units: goodwill that was given back is not taken off.
func (o *Order) kept() int64 {
	kept := o.captured - o.fees
	for _, request := range o.requests {
		if request.Cancellation != nil && request.Done() {
			kept -= request.Cancellation.Refund.Amount
		}
	}
	return kept
}

// Prepaid is what was captured for units that are not shipped.
func (o *Order) Prepaid() Money {
	return Money{Amount: max(0, o.kept()-o.books.shipped), Currency: o.total.Currency}
}

// Owed is what was shipped and is not paid for, because a capture failed afterwards.
func (o *Order) Owed() Money {
	return Money{Amount: max(0, o.books.shipped-o.kept()), Currency: o.total.Currency}
}

// Fees is what was kept of the amounts of cancelled units. A fee whose capture failed afterwards is
// not kept.
func (o *Order) Fees() Money { return Money{Amount: o.fees, Currency: o.total.Currency} }

// Refundable is what was captured for shipped units and not given back, nor is owed. Fees are kept.
func (o *Order) Refundable() Money {
	left := o.captured - o.refunded
	for _, debt := range o.Debts() {
		left -= debt
	}
	for _, settled := range o.settled {
		left -= settled
	}
	return Money{Amount: max(0, left-o.Prepaid().Amount-o.fees), Currency: o.total.Currency}
}

// Captured is what was taken.
func (o *Order) Captured() Money { return Money{Amount: o.captured, Currency: o.total.Currency} }

// Refunded is what was given back of it.
func (o *Order) Refunded() Money { return Money{Amount: o.refunded, Currency: o.total.Currency} }

// Open is what is authorized and neither captured nor voided.
func (o *Order) Open() Money { return Money{Amount: o.open, Currency: o.total.Currency} }

// Completed reports whether nothing of a confirmed order is open: all units are shipped or
// cancelled, no money is held, and nobody owes any. A later request can change it.
func (o *Order) Completed() bool {
	fulfilment := o.Fulfilment()
	return o.status == StatusConfirmed && o.saga == nil && o.open == 0 && len(o.Debts()) == 0 && o.Owed().Amount == 0 &&
		(fulfilment == FulfilmentStatusShipped || fulfilment == FulfilmentStatusDelivered)
}

// Payment is how far the money has come.
func (o *Order) Payment() PaymentStatus {
	switch {
	case o.refunded > 0 && o.refunded >= o.captured:
		return PaymentStatusRefunded
	case o.refunded > 0:
		return PaymentStatusPartlyRefunded
	case len(o.captures) > 0 && o.captured >= o.Due().Amount:
		return PaymentStatusCaptured
	case o.captured > 0:
		return PaymentStatusPartlyCaptured
	}
	return o.payment
}
