package matrix_test

import (
	"flag"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/test/shop"
	"github.com/ordersaga/ordersaga/workflows/cancelorder"
	"github.com/ordersaga/ordersaga/workflows/refundorder"
	"github.com/ordersaga/ordersaga/workflows/saga"
	"github.com/ordersaga/ordersaga/workflows/shiporder"
)

var livesTried = flag.Int("lives", 15, "how many random lives of an order are tried")

// cardsOfLives are what may happen after an authorization; most lives have no trouble with it.
var cardsOfLives = []string{
	"card_approve", "card_approve", "card_approve", "card_capture_once", "card_capture_once",
	"card_capture_declined", "card_capture_error", "card_capture_flaky", "card_capture_pending",
	"card_refund_declined", "card_refund_error", "card_refund_pending",
}

// faultsOfLives are what may happen at one call of a saga.
var faultsOfLives = map[string]fault{
	"request lost":  requestLost(once),
	"answer lost":   answerLost(once),
	"stuck":         answerLost(stuck),
	"cancelled":     cancelled(true),
	"the task lost": nil,
}

// life is one order with what was asked of it.
type life struct {
	*run
	rt   *rapid.T
	card string
	// left are the units of each line that are neither shipped nor cancelled.
	left map[int32]int64
	// done has the requests that were carried out, in words.
	done []string
	// shipped, cancelled, goodwill and fees are amounts, as the answers to the requests say.
	shipped, cancelled, goodwill, fees int64
	writtenOff                         int64 // units
}

// lives places orders, ships, cancels and refunds units of them at random, while the provider and
// the network fail: after each request the books of all services and of the provider agree, and in
// the end every minor unit of the order was shipped or cancelled.
func (w *world) lives(t *testing.T) {
	require.NoError(t, flag.Set("rapid.checks", strconv.Itoa(*livesTried)))
	if seed := flag.Lookup("rapid.seed"); seed.Value.String() == "0" {
		require.NoError(t, seed.Value.Set(strconv.FormatInt(time.Now().UnixNano(), 10)))
	}
	t.Logf("these lives again: -lives=%d -rapid.seed=%s", *livesTried, flag.Lookup("rapid.seed").Value)
	rapid.Check(t, func(rt *rapid.T) {
		l := w.draws(t, rt)
		defer func() {
			if t.Failed() {
				t.Logf("order %s with %s: %v", l.id(), l.card, l.done)
			}
		}()
		for acts := 0; len(l.left) > 0 && acts < 8; acts++ {
			switch rapid.IntRange(0, 5).Draw(rt, "act") {
			case 0, 1, 2:
				l.acts(ships, l.lines())
			case 3, 4:
				l.acts(l.cancels, l.lines())
			default:
				l.refunds(rapid.Int64Range(1, 400).Draw(rt, "goodwill"))
			}
		}
		if len(l.left) > 0 {
			l.acts(ships, nil)
		}
		if len(l.left) > 0 { // the provider does not capture
			l.acts(cancels, nil)
		}
		l.ends()
	})
}

// draws an order of some lines, with a discount, shipping costs and tax, and places it.
func (w *world) draws(t *testing.T, rt *rapid.T) *life {
	t.Helper()
	l := &life{rt: rt, left: map[int32]int64{}, card: rapid.SampledFrom(cardsOfLives).Draw(rt, "card")}
	id := uuid.NewString()
	placement := &ordersv1.Placement{
		OrderId: id, CustomerId: "customer", RequestHash: fmt.Sprintf("%064x", 1), PlacedAt: timestamppb.Now(), Total: &commonv1.Money{Currency: "GBP"},
	}
	for number := int32(1); number <= rapid.Int32Range(1, 3).Draw(rt, "lines"); number++ {
		line := &ordersv1.OrderLine{
			Number: number, Sku: fmt.Sprintf("sku-%s-%d", id[:8], number), Name: "Product",
			UnitPrice: rapid.Int64Range(0, 999).Draw(rt, "price"), Quantity: rapid.Int64Range(1, 5).Draw(rt, "quantity"),
		}
		w.Sells(line.GetSku(), price, units)
		placement.Lines = append(placement.Lines, line)
		placement.Total.Amount += line.GetUnitPrice() * line.GetQuantity()
		l.left[number] = line.GetQuantity()
	}
	for _, adjustment := range []*ordersv1.OrderAdjustment{
		{Kind: "shipping", Amount: rapid.Int64Range(0, 999).Draw(rt, "shipping")},
		{Kind: "discount", Amount: -rapid.Int64Range(0, placement.GetTotal().GetAmount()).Draw(rt, "discount")},
		{Kind: "tax", Amount: rapid.Int64Range(0, 500).Draw(rt, "tax")},
	} {
		placement.Total.Amount += adjustment.GetAmount()
		placement.Adjustments = append(placement.Adjustments, adjustment)
	}
	l.run = &run{world: w, t: t, input: &ordersv1.PlaceOrderInput{
		Revision: sagas.PlaceOrderRevision, Saga: sagas.Placing(id), Placement: placement, PaymentMethod: l.card,
	}}
	l.accepted()
	outcome := l.places(nil)
	require.Equal(t, sagas.StatusConfirmed, outcome.GetStatus(), "%v", outcome.GetRefusal())
	l.checks("placed")
	return l
}

// lines draws units of one line, or everything that is left.
func (l *life) lines() map[int32]int64 {
	var numbers []int32
	for _, line := range l.input.GetPlacement().GetLines() {
		if l.left[line.GetNumber()] > 0 {
			numbers = append(numbers, line.GetNumber())
		}
	}
	if rapid.IntRange(0, 5).Draw(l.rt, "everything") == 0 {
		return nil
	}
	number := rapid.SampledFrom(numbers).Draw(l.rt, "line")
	return map[int32]int64{number: rapid.Int64Range(1, l.left[number]).Draw(l.rt, "units")}
}

// acts ships or cancels units; nil: everything that is left.
func (l *life) acts(what func(int64) request, lines map[int32]int64) {
	asked := what(0)
	delete(asked.body, "lines")
	named := []any{}
	for number, quantity := range lines {
		named = append(named, map[string]any{"line": number, "quantity": quantity})
	}
	if lines != nil {
		asked.body["lines"] = named
	}
	if asked.collection == "cancellations" && !l.keepsFee(asked) {
		delete(asked.body, "fee")
	}
	b, outcome := l.carries(asked)
	shown := l.Operator().Get(shop.Orders, b.path)
	var amount struct {
		Amount, Fee struct{ Amount int64 }
		Stock       string
		Lines       []struct{ Quantity int64 }
	}
	require.NoError(l.t, shown.Into(&amount))
	switch {
	case outcome.GetRefusal() != nil:
		require.Equal(l.t, "card_capture_declined", l.card, "%v", outcome.GetRefusal())
		require.Equal(l.t, refusals.CaptureFailed, outcome.GetRefusal().GetReason())
		l.checks(fmt.Sprint(asked.collection, " ", asked.body, " refused"))
		return
	case asked.collection == "shipments":
		l.shipped += amount.Amount.Amount
	default:
		l.cancelled += amount.Amount.Amount
		l.fees += amount.Fee.Amount
		for _, line := range amount.Lines {
			if amount.Stock == "write_off" {
				l.writtenOff += line.Quantity
			}
		}
	}
	if lines == nil {
		l.left = map[int32]int64{}
	}
	for number, quantity := range lines {
		if l.left[number] -= quantity; l.left[number] == 0 {
			delete(l.left, number)
		}
	}
	l.checks(fmt.Sprint(asked.collection, " ", asked.body))
}

// cancels draws what becomes of cancelled units and of their money.
func (l *life) cancels(units int64) request {
	asked := cancels(units)
	if rapid.Bool().Draw(l.rt, "write off") {
		asked = asked.writingOff()
	}
	if rapid.Bool().Draw(l.rt, "keep a fee") {
		asked = asked.withFee(rapid.Int64Range(1, 800).Draw(l.rt, "fee"))
	}
	return asked
}

// keepsFee reports whether the fee of a cancellation is possible.
func (l *life) keepsFee(asked request) bool {
	preview := l.Operator().Post(shop.Orders, "/v1/orders/"+l.id()+"/cancellations/preview", without(asked.body, "reason"))
	if preview.Status != http.StatusOK {
		require.Equal(l.t, http.StatusConflict, preview.Status, "%s", preview)
		require.Contains(l.t, []any{"https://ordersaga.dev/problems/fee-exceeds-amount", "https://ordersaga.dev/problems/fee-not-chargeable"}, preview.Field("type"))
	}
	return preview.Status == http.StatusOK
}

// refunds gives an amount back, or tries what failed again.
func (l *life) refunds(amount int64) {
	asked := refunds(amount)
	var ledger struct {
		Debts []struct {
			Request string
			Amount  int64
		}
	}
	require.NoError(l.t, l.Operator().Get(shop.Orders, "/v1/orders/"+l.id()+"/ledger").Into(&ledger))
	if len(ledger.Debts) > 0 && rapid.Bool().Draw(l.rt, "again") {
		asked = request{"refunds", map[string]any{"reason": "retry", "retries": ledger.Debts[0].Request}}
		amount = 0
	}
	preview := l.Operator().Post(shop.Orders, "/v1/orders/"+l.id()+"/refunds/preview", without(asked.body, "reason"))
	if preview.Status != http.StatusOK {
		answer := l.post(asked)
		require.Equal(l.t, http.StatusConflict, answer.Status, "%s", answer)
		require.Contains(l.t, answer.Field("type"), "refund-exceeds-captured")
		return
	}
	_, outcome := l.carries(asked)
	require.Nil(l.t, outcome.GetRefusal())
	l.goodwill += amount
	l.checks(fmt.Sprint("refunds ", asked.body))
}

func without(body map[string]any, member string) map[string]any {
	rest := map[string]any{}
	for name, value := range body {
		if name != member {
			rest[name] = value
		}
	}
	return rest
}

// carries asks for something and carries it out with a fault at one of its calls.
func (l *life) carries(asked request) (begun, *commonv1.Outcome) {
	b := l.begins(asked)
	kind := map[string]saga.Kind{"cancellations": cancelorder.Saga, "shipments": shiporder.Saga, "refunds": refundorder.Saga}[asked.collection]
	if rapid.Bool().Draw(l.rt, "nothing goes wrong") {
		return b, l.carriesOut(b, nil)
	}
	var calls []string
	for _, call := range saga.List(kind) {
		calls = append(calls, call.Activity)
	}
	at := rapid.SampledFrom(calls).Draw(l.rt, "at")
	name := rapid.SampledFrom([]string{"request lost", "answer lost", "stuck", "cancelled", "the task lost"}).Draw(l.rt, "fault")
	l.done = append(l.done, name+" at "+at)
	if f := faultsOfLives[name]; f != nil {
		return b, l.carriesOut(b, on(at, f))
	}
	l.losesATask(b.saga.GetKind(), b.workflow, b.input, at)
	return b, l.carriesOut(b.again(), nil) // also of a run that did not come there
}

// checks what is true whenever no saga works on the order.
func (l *life) checks(done string) {
	l.done = append(l.done, done)
	has := l.booksOf()
	var order struct{ Due struct{ Amount int64 } }
	require.NoError(l.t, l.Operator().Get(shop.Orders, "/v1/orders/"+l.id()).Into(&order))
	assert.GreaterOrEqual(l.t, has.Open+has.Prepaid, order.Due.Amount-l.shipped, "what is left to ship is paid for")
	assert.LessOrEqual(l.t, has.Refunded+has.Owed, has.Captured)
	assert.Equal(l.t, l.fees, has.Fees)
	assert.Equal(l.t, l.writtenOff, has.WrittenOff)
	assert.LessOrEqual(l.t, has.Captured, l.input.GetPlacement().GetTotal().GetAmount(), "never more than the order was placed for")
	if l.t.Failed() {
		l.t.FailNow()
	}
}

// ends asserts that the whole order was shipped or cancelled, to the minor unit.
func (l *life) ends() {
	has := l.booksOf()
	assert.Equal(l.t, l.input.GetPlacement().GetTotal().GetAmount(), l.shipped+l.cancelled, "every slot was shipped or cancelled, once")
	assert.Equal(l.t, l.shipped+l.fees-l.goodwill, has.Captured-has.Refunded-has.Owed, "what was shipped and the fees are charged, but for goodwill")
	assert.Zero(l.t, has.Open)
	assert.Zero(l.t, has.Prepaid)
	l.checks("ended")
}
