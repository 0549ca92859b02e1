package domain_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// life is an order with what a provider did for it.
type life struct {
	order    *domain.Order
	policy   domain.CapturePolicy
	total    int64
	left     map[int32]int64
	captured int64
	refunded int64
	open     int64
	fees     int64
	acts     int
	// made are the captures and refunds that the order knows, and that may fail afterwards.
	made   []domain.StepFact
	failed bool // a capture did
}

func (l *life) ask() domain.Ask {
	l.acts++
	return domain.Ask{Instance: uuid.NewSHA1(uuid.Nil, fmt.Append(nil, l.acts)).String(), Reason: "other", By: "bob"}
}

func gbp(amount int64) domain.Money { return domain.Money{Amount: amount, Currency: "GBP"} }

// drawLife draws a confirmed order.
func drawLife(t *rapid.T) *life {
	l := &life{left: map[int32]int64{}, policy: rapid.SampledFrom([]domain.CapturePolicy{domain.CapturePerShipment, domain.CaptureAll}).Draw(t, "policy")}
	p := domain.Placement{CustomerID: "ann", RequestHash: "aa"}
	for number := range rapid.Int32Range(1, 4).Draw(t, "lines") {
		line := domain.Line{
			Number: number + 1, SKU: "S", UnitPrice: rapid.Int64Range(0, 999).Draw(t, "price"), Quantity: rapid.Int64Range(1, 9).Draw(t, "quantity"),
		}
		p.Lines = append(p.Lines, line)
		l.total += line.UnitPrice * line.Quantity
		l.left[line.Number] = line.Quantity
	}
	discount := rapid.Int64Range(0, l.total).Draw(t, "discount")
	shipping, tax := rapid.Int64Range(0, 999).Draw(t, "shipping"), rapid.Int64Range(0, 999).Draw(t, "tax")
	p.Adjustments = []domain.Adjustment{{Kind: "shipping", Amount: shipping}, {Kind: "discount", Amount: -discount}, {Kind: "tax", Amount: tax}}
	if rapid.Bool().Draw(t, "tax is known by line") {
		known := &p.Adjustments[2]
		known.OfShipping = tax
		for range p.Lines {
			known.OfLines = append(known.OfLines, rapid.Int64Range(0, known.OfShipping).Draw(t, "tax of a line"))
			known.OfShipping -= known.OfLines[len(known.OfLines)-1]
		}
	}
	l.total += shipping + tax - discount
	p.Total = gbp(l.total)
	l.order, l.open = domain.Fold("1", nil), l.total
	_, err := l.order.Place(p, noon)
	require.NoError(t, err)
	paid := domain.Done{At: noon, Fact: domain.PaymentAuthorized{
		PaymentID: "p1", Amount: p.Total, Authorization: "a1", MultiCapture: rapid.Bool().Draw(t, "several captures"),
	}}
	_, err = l.order.Confirm([]domain.Done{reserved, paid}, noon)
	require.NoError(t, err)
	return l
}

// drawLines draws units of one line, or of everything that is left.
func (l *life) drawLines(t *rapid.T) []domain.LineUnits {
	if rapid.IntRange(0, 5).Draw(t, "everything") == 0 {
		return nil
	}
	number := rapid.SampledFrom(l.order.Lines()).Filter(func(line domain.Line) bool { return l.left[line.Number] > 0 }).Draw(t, "line").Number
	return []domain.LineUnits{{Number: number, Quantity: rapid.Int64Range(1, l.left[number]).Draw(t, "units")}}
}

func (l *life) took(lines []domain.LineUnits) {
	for _, line := range lines {
		l.left[line.Number] -= line.Quantity
	}
	for number, units := range l.left {
		if lines == nil || units == 0 {
			delete(l.left, number)
		}
	}
}

func (l *life) end(t *rapid.T, saga domain.Saga, done ...domain.Done) {
	direction, err := l.order.End(saga, done, noon)
	require.NoError(t, err)
	require.NotNil(t, direction.Ended)
	again, err := l.order.End(saga, done, noon)
	require.NoError(t, err)
	require.Equal(t, direction, again, "once")
}

func (l *life) voided(when bool) (done []domain.Done) {
	if when && l.open > 0 {
		l.open = 0
		return []domain.Done{voided}
	}
	return nil
}

// refund is what the provider does of a refund: all, a part or nothing.
func (l *life) refund(t *rapid.T, amount int64) (done []domain.Done) {
	if amount == 0 {
		return nil
	}
	given := rapid.SampledFrom([]int64{amount, amount, 0, amount / 2}).Draw(t, "given back")
	if given > 0 {
		l.refunded += given
		refunded := domain.PaymentRefunded{PaymentID: "p1", RefundID: uuid.NewString(), Amount: gbp(given)}
		done, l.made = append(done, domain.Done{At: noon, Fact: refunded}), append(l.made, refunded)
	}
	if given < amount {
		done = append(done, domain.Done{At: noon, Fact: domain.PaymentRefundFailed{PaymentID: "p1", RefundID: uuid.NewString(), Amount: gbp(amount - given)}})
	}
	return done
}

func (l *life) ship(t *rapid.T) {
	lines, ask := l.drawLines(t), l.ask()
	planned, err := l.order.BeginShipment(domain.ShipRequest{Ask: ask, Lines: lines, Policy: l.policy}, noon)
	if refused, ok := refusal.As(err); ok && l.failed {
		require.Contains(t, []string{refusals.AmountExceedsOpen, refusals.OrderOnHold}, refused.Reason)
		return
	}
	require.NoError(t, err)
	require.GreaterOrEqual(t, planned.Amount.Amount, int64(0))
	require.GreaterOrEqual(t, l.open, planned.Capture.Amount, "never more than is authorized")
	if rapid.IntRange(0, 4).Draw(t, "declined") == 0 {
		l.order.TurnBack(domain.Shipping(ask.Instance), domain.Refused{Reason: refusals.CaptureFailed}, noon)
		direction, err := l.order.Refuse(domain.Shipping(ask.Instance), domain.Refused{Reason: refusals.CaptureFailed}, nil, noon)
		require.NoError(t, err)
		require.Equal(t, refusals.CaptureFailed, direction.Ended.Refused.Reason)
		return
	}
	l.open, l.captured = l.open-planned.Capture.Amount, l.captured+planned.Capture.Amount
	captured := domain.PaymentCaptured{PaymentID: "p1", CaptureID: uuid.NewString(), Amount: planned.Capture, Shipment: ask.Instance}
	l.made = append(l.made, captured)
	l.end(t, domain.Shipping(ask.Instance), append([]domain.Done{{At: noon, Fact: captured}}, l.voided(planned.Last)...)...)
	l.took(lines)
}

func (l *life) cancel(t *rapid.T) {
	request := domain.CancelRequest{Ask: l.ask(), Lines: l.drawLines(t)}
	without, err := l.order.PlanCancel(request)
	require.NoError(t, err)
	if rapid.Bool().Draw(t, "with a fee") && without.Amount.Amount > 0 {
		request.Fee = gbp(rapid.Int64Range(1, without.Amount.Amount).Draw(t, "fee"))
	}
	planned, err := l.order.BeginCancel(request, noon)
	if refused, ok := refusal.As(err); ok {
		require.Contains(t, []string{refusals.FeeNotChargeable, refusals.AmountExceedsOpen}, refused.Reason)
		require.True(t, refused.Reason == refusals.FeeNotChargeable && !l.order.Charge().MultiCapture || l.failed)
		return
	}
	require.NoError(t, err)
	require.Equal(t, without.Refund.Amount, planned.Refund.Amount+planned.KeptBack().Amount, "a fee is kept back of the refund")
	if planned.FeeCapture.Amount > 0 && rapid.IntRange(0, 4).Draw(t, "declined") == 0 {
		saga := domain.Cancelling(request.Instance)
		l.order.TurnBack(saga, domain.Refused{Reason: refusals.CaptureFailed}, noon)
		_, err := l.order.Refuse(saga, domain.Refused{Reason: refusals.CaptureFailed}, nil, noon)
		require.NoError(t, err)
		return
	}
	var done []domain.Done
	if fee := planned.FeeCapture; fee.Amount > 0 {
		l.open, l.captured = l.open-fee.Amount, l.captured+fee.Amount
		captured := domain.PaymentCaptured{PaymentID: "p1", CaptureID: uuid.NewString(), Amount: fee, Shipment: request.Instance}
		l.made, done = append(l.made, captured), []domain.Done{{At: noon, Fact: captured}}
	}
	l.fees += planned.Fee.Amount
	done = append(done, l.voided(planned.Whole || planned.Rest)...)
	l.end(t, domain.Cancelling(request.Instance), append(done, l.refund(t, planned.Refund.Amount)...)...)
	l.took(request.Lines)
}

func (l *life) goodwill(t *rapid.T) {
	request := domain.RefundRequest{Ask: l.ask(), Amount: gbp(rapid.Int64Range(1, 500).Draw(t, "goodwill"))}
	for instance := range l.order.Debts() {
		if rapid.Bool().Draw(t, "try again") {
			request.Retries = instance
		}
		break
	}
	planned, err := l.order.BeginRefund(request, noon)
	if refused, ok := refusal.As(err); ok {
		require.Contains(t, []string{refusals.RefundExceedsCaptured, refusals.OrderSettled}, refused.Reason)
		return
	}
	require.NoError(t, err)
	require.LessOrEqual(t, l.refunded+planned.Amount.Amount, l.captured, "never more than was captured")
	l.end(t, domain.Refunding(request.Instance), l.refund(t, planned.Amount.Amount)...)
}

// fails has a capture or refund fail afterwards.
func (l *life) fails(t *rapid.T) {
	if len(l.made) == 0 {
		return
	}
	i := rapid.IntRange(0, len(l.made)-1).Draw(t, "fails")
	var fact domain.StepFact
	switch made := l.made[i].(type) {
	case domain.PaymentRefunded:
		l.refunded -= made.Amount.Amount
		fact = domain.PaymentRefundFailed{PaymentID: "p1", RefundID: made.RefundID, Amount: made.Amount}
	case domain.PaymentCaptured:
		if made.Amount.Amount == 0 || made.Amount.Amount > l.captured-l.refunded { // a provider does not take back what it refunded
			return
		}
		l.captured, l.failed = l.captured-made.Amount.Amount, true
		if l.order.Request(made.Shipment).Cancellation != nil {
			l.fees -= made.Amount.Amount
		}
		fact = domain.PaymentCaptureFailed{PaymentID: "p1", CaptureID: made.CaptureID, Amount: made.Amount, Open: l.open}
	}
	l.made = slices.Delete(l.made, i, i+1)
	for range 2 {
		require.NoError(t, l.order.RecordPayment([]domain.Done{{At: noon, Fact: fact}}))
	}
}

// check holds what is true of an order whenever no saga works on it.
func (l *life) check(t *rapid.T) {
	o := l.order
	require.Equal(t, l.captured, o.Captured().Amount)
	require.Equal(t, l.refunded, o.Refunded().Amount)
	require.Equal(t, l.open, o.Open().Amount)
	require.GreaterOrEqual(t, o.Prepaid().Amount, int64(0))
	var debts int64
	for _, debt := range o.Debts() {
		debts += debt
	}
	for _, entry := range o.Ledger() {
		sum := int64(0)
		for _, line := range entry.Lines {
			sum += line.Amount
		}
		require.Zero(t, sum, entry.ID)
	}
	balances := o.Balances()
	require.Equal(t, l.fees, o.Fees().Amount)
	require.Equal(t, -l.fees, balances[domain.Fees])
	require.Equal(t, l.captured-l.refunded, balances[domain.Provider])
	require.Equal(t, l.open, balances[domain.Held])
	require.Equal(t, o.Owed().Amount-o.Prepaid().Amount-debts, balances[domain.Customer], "who owes what is said")
	if o.Status() == domain.StatusConfirmed && !l.failed {
		require.GreaterOrEqual(t, l.open+o.Prepaid().Amount, o.Due().Amount-shipped(o), "what is left to ship is paid for")
	}
	covered := o.Status() != domain.StatusConfirmed || l.open+o.Prepaid().Amount >= o.Due().Amount-shipped(o)
	require.Equal(t, covered, len(o.Holds()) == 0, "on hold while what is left to ship is not paid for")
	again := domain.Fold(o.ID(), o.Changes())
	require.Equal(t, o.Holds(), again.Holds())
	require.Equal(t, balances, again.Balances(), "as the stream says it")
	require.Equal(t, o.Fulfilment(), again.Fulfilment())
}

func shipped(o *domain.Order) (amount int64) {
	for _, request := range o.Requests() {
		if request.Shipment != nil && request.Done() {
			amount += request.Shipment.Amount.Amount
		}
	}
	return amount
}

// However an order is shipped, cancelled and refunded bit by bit, its books agree with what the
// provider did, and in the end what was captured is what was shipped.
func TestLivesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t)
		l.check(t)
		for len(l.left) > 0 {
			switch rapid.IntRange(0, 5).Draw(t, "act") {
			case 0, 1:
				l.ship(t)
			case 2:
				l.cancel(t)
			case 3:
				l.fails(t)
			default:
				l.goodwill(t)
			}
			l.check(t)
		}
		require.Zero(t, l.order.Open().Amount)
		require.Zero(t, l.order.Prepaid().Amount)
		require.Equal(t, l.order.Due().Amount, shipped(l.order))
		if l.order.Status() == domain.StatusCancelled {
			require.Equal(t, l.fees, l.captured-l.refunded, "cancelled means that the fee is charged and nothing else")
			return
		}
		require.Equal(t, len(l.order.Debts()) == 0 && l.order.Owed().Amount == 0, l.order.Completed())
	})
}

// shipment begins a shipment of an order and captures it.
func ship(t *testing.T, order *domain.Order, lines ...domain.LineUnits) (instance string, planned domain.Shipment) {
	t.Helper()
	ask := domain.Ask{Instance: uuid.NewString(), By: "bob"}
	planned, err := order.BeginShipment(domain.ShipRequest{Ask: ask, Lines: lines, Policy: domain.CapturePerShipment}, noon)
	require.NoError(t, err)
	done := []domain.Done{{At: noon, Fact: domain.PaymentCaptured{PaymentID: "p1", CaptureID: uuid.NewString(), Amount: planned.Capture, Shipment: ask.Instance}}}
	if planned.Rest {
		done = append(done, voided)
	}
	_, err = order.End(domain.Shipping(ask.Instance), done, noon)
	require.NoError(t, err)
	return ask.Instance, planned
}

// authorizedOrder is a confirmed order of 5 units at 250 and shipping of 740 that can be captured
// in parts.
func capturable(t *testing.T) *domain.Order {
	t.Helper()
	order := placed(t)
	paid := authorized
	paid.Fact = domain.PaymentAuthorized{PaymentID: "p1", Amount: gbp(1990), Authorization: "a1", MultiCapture: true}
	_, err := order.Confirm([]domain.Done{reserved, paid}, noon)
	require.NoError(t, err)
	return order
}

func TestMoreThanIsLeftIsNotShipped(t *testing.T) {
	order := capturable(t)
	cancel(t, order, cancelRequest(domain.LineUnits{Number: 1, Quantity: 1}))
	ship(t, order, domain.LineUnits{Number: 1, Quantity: 2})
	_, err := order.PlanShipment(domain.ShipRequest{Lines: []domain.LineUnits{{Number: 1, Quantity: 3}}})
	require.Equal(t, refusals.UnitsNotShippable, reasonOf(t, err))
	_, last := ship(t, order)
	assert.True(t, last.Rest, "the cancelled unit was authorized too")
	_, err = order.PlanShipment(domain.ShipRequest{})
	require.Equal(t, refusals.UnitsNotShippable, reasonOf(t, err))
	assert.True(t, order.Completed())
	assert.Equal(t, domain.PaymentStatusCaptured, order.Payment())
	assert.EqualValues(t, 1740, order.Captured().Amount)
}

func TestAShipmentThatIsNotCapturedDoesNotLeave(t *testing.T) {
	order := capturable(t)
	ask := domain.Ask{Instance: instance}
	planned, err := order.BeginShipment(domain.ShipRequest{Ask: ask}, noon)
	require.NoError(t, err)
	for name, done := range map[string][]domain.Done{
		"nothing captured":    nil,
		"of another shipment": {{At: noon, Fact: domain.PaymentCaptured{CaptureID: "c", Amount: planned.Capture, Shipment: "other"}}},
		"another amount":      {{At: noon, Fact: domain.PaymentCaptured{CaptureID: "c", Amount: gbp(1), Shipment: instance}}},
	} {
		_, err := order.End(domain.Shipping(instance), done, noon)
		require.ErrorIs(t, err, domain.ErrFacts, name)
	}
	_, err = order.Refuse(domain.Shipping(instance), short, nil, noon)
	require.Error(t, err, "a claim ends only after the saga turned back")
	_, err = order.PlanCancel(domain.CancelRequest{})
	require.Equal(t, refusals.SagaInProgress, reasonOf(t, err), "an unknown capture keeps the claim")
	require.Equal(t, domain.FulfilmentStatusUnfulfilled, order.Fulfilment())
}

func TestAParcelIsTrackedAndDelivered(t *testing.T) {
	order := capturable(t)
	shipment, _ := ship(t, order, domain.LineUnits{Number: 1, Quantity: 2})
	require.Equal(t, domain.FulfilmentStatusPartlyShipped, order.Fulfilment())
	require.Equal(t, refusals.ShipmentUnknown, reasonOf(t, order.Deliver(uuid.NewString(), "bob", noon)))
	require.NoError(t, order.Track(shipment, domain.Parcel{Carrier: "Mail", Tracking: "T1"}, noon))
	rest, _ := ship(t, order)
	require.Equal(t, domain.FulfilmentStatusShipped, order.Fulfilment())
	changes := len(order.Changes())
	for range 2 {
		require.NoError(t, order.Deliver(shipment, "bob", noon))
		require.NoError(t, order.Deliver(rest, "bob", noon))
	}
	require.Len(t, order.Changes(), changes+2, "once each")
	require.Equal(t, domain.FulfilmentStatusDelivered, order.Fulfilment())
	require.Equal(t, "T1", order.Request(shipment).Shipment.Tracking)
}

func TestAnOperatorGivesBackNoMoreThanTheLimitAndAFailedRefundIsOwed(t *testing.T) {
	order := capturable(t)
	ship(t, order)
	refund := func(by string, amount int64) domain.RefundRequest {
		return domain.RefundRequest{Ask: domain.Ask{Instance: uuid.NewString(), By: by}, Amount: gbp(amount), Limit: 300}
	}
	request := refund("bob", 200)
	_, err := order.BeginRefund(request, noon)
	require.NoError(t, err)
	failed := domain.Done{At: noon, Fact: domain.PaymentRefundFailed{PaymentID: "p1", RefundID: "r1", CaptureID: "c", Amount: gbp(200), Code: "closed"}}
	_, err = order.End(domain.Refunding(request.Instance), []domain.Done{failed}, noon)
	require.NoError(t, err)
	require.Equal(t, map[string]int64{request.Instance: 200}, order.Debts())
	require.False(t, order.Completed())

	_, err = order.PlanRefund(refund("bob", 101))
	require.Equal(t, refusals.RefundLimit, reasonOf(t, err))
	_, err = order.PlanRefund(refund("eve", 300))
	require.NoError(t, err)
	_, err = order.PlanRefund(domain.RefundRequest{Amount: gbp(1791)})
	require.Equal(t, refusals.RefundExceedsCaptured, reasonOf(t, err), "what is owed counts")

	require.NoError(t, order.SettleDebt(request.Instance, "bank transfer", "bob", noon))
	require.Equal(t, refusals.NoDebt, reasonOf(t, order.SettleDebt(request.Instance, "bank transfer", "bob", noon)))
	require.True(t, order.Completed())
	require.Zero(t, order.Balances()[domain.Customer])
}

func TestAnOrderIsOnHoldUntilItIsCoveredOrCancelled(t *testing.T) {
	order := capturable(t)
	ship(t, order, domain.LineUnits{Number: 1, Quantity: 2})
	require.Empty(t, order.Holds())
	ended := domain.Done{At: noon.Add(time.Hour), Fact: domain.AuthorizationEnded{PaymentID: "p1", Authorization: "a1", State: "expired"}}
	require.NoError(t, order.RecordPayment([]domain.Done{ended}))
	require.Equal(t, []domain.ShippingHold{{Reason: domain.HoldPayment, Since: noon.Add(time.Hour), Missing: gbp(1100)}}, order.Holds())
	_, err := order.PlanShipment(domain.ShipRequest{Lines: []domain.LineUnits{{Number: 1, Quantity: 1}}})
	require.Equal(t, refusals.OrderOnHold, reasonOf(t, err))
	cancel(t, order, cancelRequest(domain.LineUnits{Number: 1, Quantity: 1}))
	require.EqualValues(t, 850, order.Holds()[0].Missing.Amount)
	require.Equal(t, noon.Add(time.Hour), order.Holds()[0].Since, "since it began")
	rest := cancelRequest()
	rest.Instance = uuid.NewString()
	cancel(t, order, rest)
	require.Empty(t, order.Holds())
	require.True(t, order.Completed())
}

func TestAPrepaymentThatFailsHoldsTheOrderAndNotWhatWasShipped(t *testing.T) {
	order := capturable(t)
	ask := domain.Ask{Instance: uuid.NewString()}
	planned, err := order.BeginShipment(domain.ShipRequest{Ask: ask, Lines: []domain.LineUnits{{Number: 1, Quantity: 2}}, Policy: domain.CaptureAll}, noon)
	require.NoError(t, err)
	captured := domain.PaymentCaptured{PaymentID: "p1", CaptureID: uuid.NewString(), Amount: planned.Capture, Shipment: ask.Instance}
	_, err = order.End(domain.Shipping(ask.Instance), []domain.Done{{At: noon, Fact: captured}}, noon)
	require.NoError(t, err)
	failed := domain.PaymentCaptureFailed{PaymentID: "p1", CaptureID: captured.CaptureID, Amount: captured.Amount}
	require.NoError(t, order.RecordPayment([]domain.Done{{At: noon, Fact: failed}}))
	require.EqualValues(t, 1100, order.Holds()[0].Missing.Amount)
	require.EqualValues(t, 890, order.Owed().Amount)
}
