package order_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
	"github.com/ordersaga/ordersaga/workflows/refundorder"
	"github.com/ordersaga/ordersaga/workflows/saga"
	"github.com/ordersaga/ordersaga/workflows/shiporder"
)

// department places orders and ships, cancels and refunds them, on a real server.
type department struct {
	*shop.Shop
	gate     *gate
	temporal client.Client
}

// place has PlaceOrder confirm an order of units of one SKU each, with adjustments, and returns its
// id.
func (d *department) place(t *testing.T, card string, lines []*ordersv1.OrderLine, adjustments ...*ordersv1.OrderAdjustment) (id string) {
	t.Helper()
	id = uuid.NewString()
	total := &commonv1.Money{Currency: "GBP"}
	for i, line := range lines {
		line.Number, line.Sku, line.Name = int32(i+1), id[:8]+line.GetSku(), "Product"
		d.Sells(line.GetSku(), line.GetUnitPrice(), line.GetQuantity())
		total.Amount += line.GetUnitPrice() * line.GetQuantity()
	}
	for _, adjustment := range adjustments {
		total.Amount += adjustment.GetAmount()
	}
	placed, err := d.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: sagas.WorkflowID(id), TaskQueue: d.TaskQueue}, sagas.PlaceOrder,
		&ordersv1.PlaceOrderInput{Revision: sagas.PlaceOrderRevision, Saga: sagas.Placing(id), PaymentMethod: card, Placement: &ordersv1.Placement{
			OrderId: id, CustomerId: "anna", RequestHash: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
			Lines: lines, Adjustments: adjustments, Total: total, PlacedAt: timestamppb.Now(),
		}})
	require.NoError(t, err)
	var outcome *commonv1.Outcome
	require.NoError(t, placed.Get(t.Context(), &outcome))
	require.Equal(t, sagas.StatusConfirmed, outcome.GetStatus(), "%v", outcome.GetRefusal())
	return id
}

func four() []*ordersv1.OrderLine {
	return []*ordersv1.OrderLine{{Sku: "tea", UnitPrice: 250, Quantity: 4}}
}

// ask asks for something as an operator; lines are pairs of a line and a number of units, none for
// everything.
func (d *department) ask(id, collection, key string, body map[string]any, lines ...int) shop.Answer {
	of := []any{}
	for i := 0; i+1 < len(lines); i += 2 {
		of = append(of, map[string]any{"line": lines[i], "quantity": lines[i+1]})
	}
	if len(of) > 0 {
		body["lines"] = of
	}
	return d.Operator().Post(shop.Orders, "/v1/orders/"+id+"/"+collection, body, "Idempotency-Key", key, "If-Match", "*")
}

func (d *department) does(t *testing.T, id, collection string, body map[string]any, lines ...int) (done answered) {
	t.Helper()
	answer := d.ask(id, collection, uuid.NewString(), body, lines...)
	require.Equal(t, http.StatusCreated, answer.Status, "%s", answer)
	require.NoError(t, answer.Into(&done))
	return done
}

type money struct{ Amount int64 }

// answered is what became of a request.
type answered struct {
	ID, Status               string
	Amount                   money
	Captured, Refunded, Owed money
}

func (d *department) ships(t *testing.T, id string, lines ...int) answered {
	t.Helper()
	return d.does(t, id, "shipments", map[string]any{}, lines...)
}

func (d *department) cancels(t *testing.T, id string, lines ...int) answered {
	t.Helper()
	return d.does(t, id, "cancellations", map[string]any{"reason": "customer"}, lines...)
}

func goodwill(amount int64) map[string]any {
	return map[string]any{"reason": "late", "amount": map[string]any{"amount": amount, "currency": "GBP"}}
}

// provider is what the provider captured and refunded for an order, in the order of the operations,
// and what it still holds.
func (d *department) provider(t *testing.T, id string) (captures, refunds []int64, held int64) {
	t.Helper()
	type record struct {
		Status string
		Amount int64
		Open   int64 `json:"open_amount"`
	}
	var statement struct{ Authorizations, Captures, Refunds []record }
	require.NoError(t, d.Provider().Get(shop.Paysim, "/v1/statement?reference="+id).Into(&statement))
	succeeded := func(records []record) (amounts []int64) {
		for _, record := range records {
			if record.Status == "succeeded" {
				amounts = append(amounts, record.Amount)
			}
		}
		return amounts
	}
	for _, authorization := range statement.Authorizations {
		held += authorization.Open
	}
	return succeeded(statement.Captures), succeeded(statement.Refunds), held
}

// TestShippingAndItsRegressions is on a real server, with a worker of the test that can stand still
// at any call.
func TestShippingAndItsRegressions(t *testing.T) {
	s := shop.Open(t, shop.Options{Without: []string{shop.Worker}})
	d := &department{Shop: s, gate: &gate{}}
	d.temporal = startWorker(t, s, d.gate, true)

	t.Run("a cancel of the workflow has no effect at any call", d.cancelsAtEveryCall)
	t.Run("a discount is not spread anew after a cancel", d.aDiscountIsNotSpreadAnew)
	t.Run("rounded refunds do not exceed the order", d.roundedRefundsDoNotExceed)
	t.Run("nothing is captured twice when a run is lost behind its capture", d.nothingIsCapturedTwice)
	t.Run("what is compensated holds no stock", d.whatIsCompensatedHoldsNoStock)
	t.Run("what is cancelled is given back", d.whatIsCancelledIsGivenBack)

	printed, exit := s.Run("verify", "--settle", "2m")
	assert.Zero(t, exit, "%s", printed)
	printed, exit = s.Run("payments", "reconcile")
	assert.Zero(t, exit, "%s", printed)
}

// The order has claimed units and money until its saga ends, so a run that somebody cancelled goes
// on: of the last units after others were cancelled, which makes every call.
func (d *department) cancelsAtEveryCall(t *testing.T) {
	for _, kind := range []saga.Kind{shiporder.Saga, refundorder.Saga} {
		for _, call := range saga.List(kind) {
			if call.Role == saga.RoleTurnBack || call.Role == saga.RoleEnd {
				continue
			}
			for when, after := range map[string]bool{"before": false, "after": true} {
				t.Run(kind.Name+" "+when+" "+call.Activity, func(t *testing.T) {
					id := d.place(t, "card_approve", four())
					d.cancels(t, id, 1, 1)
					collection, body, status := "shipments", map[string]any{}, "shipped"
					if kind.Name == sagas.KindRefundOrder {
						d.ships(t, id)
						collection, body, status = "refunds", goodwill(100), "done"
					}
					d.gate.watch(call.Activity, after)
					answer := make(chan shop.Answer, 1)
					go func() {
						defer close(answer)
						answer <- d.ask(id, collection, "k", body)
					}()
					workflow := <-d.gate.reached
					cancelWorkflow(t, d.temporal, workflow)
					close(d.gate.goOn)
					a := <-answer
					assert.Equal(t, http.StatusCreated, a.Status, "%s", a)
					assert.Equal(t, status, a.Field("status"), "%s", a)
					require.NoError(t, d.temporal.GetWorkflow(t.Context(), workflow, "").Get(t.Context(), nil), "it ends as completed, not as cancelled")
					captures, refunds, held := d.provider(t, id)
					assert.Equal(t, []int64{750}, captures)
					assert.Equal(t, kind.Name == sagas.KindRefundOrder, slices.Equal(refunds, []int64{100}))
					assert.Zero(t, held)
				})
			}
		}
	}
}

// vendure#4811: what is left of a discount is not divided again among the units that are left.
func (d *department) aDiscountIsNotSpreadAnew(t *testing.T) {
	id := d.place(t, "card_approve",
		[]*ordersv1.OrderLine{{Sku: "a", UnitPrice: 333, Quantity: 3}, {Sku: "b", UnitPrice: 250, Quantity: 1}},
		&ordersv1.OrderAdjustment{Kind: "discount", Amount: -100}, &ordersv1.OrderAdjustment{Kind: "shipping", Amount: 499}, &ordersv1.OrderAdjustment{Kind: "tax", Amount: 330})
	assert.EqualValues(t, 967, d.ships(t, id, 1, 1).Captured.Amount)
	assert.EqualValues(t, 367, d.cancels(t, id, 1, 1).Amount.Amount)
	assert.EqualValues(t, 644, d.ships(t, id).Captured.Amount)
	captures, _, held := d.provider(t, id)
	assert.Equal(t, []int64{967, 644}, captures, "1978 less the cancelled unit")
	assert.Zero(t, held)
}

// woocommerce#64668: three thirds of an order are the order, and not a minor unit more.
func (d *department) roundedRefundsDoNotExceed(t *testing.T) {
	id := d.place(t, "card_approve", []*ordersv1.OrderLine{{Sku: "third", UnitPrice: 40, Quantity: 3}}, &ordersv1.OrderAdjustment{Kind: "discount", Amount: -20})
	sum := int64(0)
	for range 3 {
		third := d.ships(t, id, 1, 1).Captured.Amount
		assert.InDelta(t, 33, third, 1)
		d.does(t, id, "refunds", goodwill(third))
		sum += third
	}
	assert.EqualValues(t, 100, sum)
	more := d.ask(id, "refunds", "more", goodwill(1))
	assert.Equal(t, http.StatusConflict, more.Status, "%s", more)
	assert.Contains(t, more.Field("type"), "refund-exceeds-captured")
	captures, refunds, _ := d.provider(t, id)
	assert.Equal(t, captures, refunds)
}

// medusa#13301: the run that captured is terminated before it learns of it, and the request is sent
// again.
func (d *department) nothingIsCapturedTwice(t *testing.T) {
	id := d.place(t, "card_approve", four())
	d.gate.watch(sagas.CapturePayment.Name, true)
	first := make(chan shop.Answer, 1)
	go func() {
		defer close(first)
		first <- d.ask(id, "shipments", "k", map[string]any{}, 1, 2)
	}()
	workflow := <-d.gate.reached
	other := d.ask(id, "shipments", "other", map[string]any{}, 1, 2)
	assert.Equal(t, http.StatusConflict, other.Status, "one shipment at a time: %s", other)
	require.NoError(t, d.temporal.TerminateWorkflow(t.Context(), workflow, "", "by hand"))
	close(d.gate.goOn)
	assert.Equal(t, http.StatusAccepted, (<-first).Status, "it is not known what became of it")
	again := d.ask(id, "shipments", "k", map[string]any{}, 1, 2)
	assert.Equal(t, http.StatusCreated, again.Status, "%s", again)
	assert.Equal(t, "shipped", again.Field("status"))
	captures, _, held := d.provider(t, id)
	assert.Equal(t, []int64{500}, captures)
	assert.EqualValues(t, 500, held)
	d.ships(t, id)
	captures, _, _ = d.provider(t, id)
	assert.Equal(t, []int64{500, 500}, captures)
}

// medusa#13625: an order that was declined, or cancelled, or whose shipment was refused and then
// cancelled, reserves nothing.
func (d *department) whatIsCompensatedHoldsNoStock(t *testing.T) {
	d.Sells("declined", 250, 4)
	declined := d.Customer("anna").Place("declined", shop.Of("declined", 4, "card_declined"))
	assert.Equal(t, http.StatusUnprocessableEntity, declined.Status, "%s", declined)
	assert.Zero(t, d.Stock("declined").Reserved)

	id := d.place(t, "card_capture_declined", four())
	sku := id[:8] + "tea"
	assert.Equal(t, "refused", d.ships(t, id, 1, 3).Status)
	assert.EqualValues(t, 4, d.Stock(sku).Reserved, "still the order's")
	d.cancels(t, id)
	assert.Equal(t, sagas.StatusCancelled, d.Order(id).Status)
	assert.Equal(t, shop.Stock{OnHand: 4, Available: 4}, d.Stock(sku))
	captures, _, held := d.provider(t, id)
	assert.Empty(t, captures)
	assert.Zero(t, held)
}

// spree#10108: what was captured before its units could be shipped is refunded when they are
// cancelled, and what is not captured is not held any longer.
func (d *department) whatIsCancelledIsGivenBack(t *testing.T) {
	once := d.place(t, "card_capture_once", four())
	assert.EqualValues(t, 1000, d.ships(t, once, 1, 1).Captured.Amount, "it can be captured once, so all of it is")
	assert.EqualValues(t, 500, d.cancels(t, once, 1, 2).Refunded.Amount)
	assert.EqualValues(t, 250, d.cancels(t, once).Refunded.Amount)
	_, refunds, held := d.provider(t, once)
	assert.Equal(t, []int64{500, 250}, refunds)
	assert.Zero(t, held)

	parts := d.place(t, "card_approve", four())
	d.ships(t, parts, 1, 1)
	d.cancels(t, parts)
	captures, refunds, held := d.provider(t, parts)
	assert.Equal(t, []int64{250}, captures)
	assert.Empty(t, refunds)
	assert.Zero(t, held)

	// A cancel that comes while the payment is on its way ends voided.
	late := d.Customer("anna")
	d.Sells("late", 250, 4)
	d.gate.watch(sagas.AuthorizePayment.Name, true)
	placed := make(chan shop.Answer, 1)
	go func() {
		a, err := late.TryPlace("late", shop.Of("late", 4, "card_approve"))
		assert.NoError(t, err)
		placed <- a
	}()
	workflow := <-d.gate.reached
	id := workflow[len("order-"):]
	asked := d.Operator().Post(shop.Orders, "/v1/orders/"+id+"/cancellations", map[string]any{"reason": "customer"},
		"Idempotency-Key", "k", "If-Match", "*", "Prefer", "respond-async")
	assert.Less(t, asked.Status, 300, "%s", asked)
	close(d.gate.goOn)
	<-placed
	testkit.Eventually(t, "the order to be cancelled and nothing to be held", func() bool {
		_, _, held := d.provider(t, id)
		return d.Order(id).Status == sagas.StatusCancelled && held == 0
	})
	assert.Zero(t, d.Stock("late").Reserved)
}
