package matrix_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
	"github.com/ordersaga/ordersaga/workflows/cancelorder"
	"github.com/ordersaga/ordersaga/workflows/refundorder"
	"github.com/ordersaga/ordersaga/workflows/saga"
	"github.com/ordersaga/ordersaga/workflows/shiporder"
)

const total = wanted * price

// scene is a request on a confirmed order, and what services and provider have after it, whatever
// went wrong meanwhile.
type scene struct {
	name   string
	card   string // empty: card_approve
	before []request
	// until waits for something that happens by itself before the request.
	until func(r *run)
	asked request
	// refused is the reason why it is not done; empty: it is.
	refused string
	has     books
	// thorough tries every fault at each call; others only those that lose most.
	thorough bool
}

// scenes of each saga that works on a confirmed order.
var scenes = []struct {
	saga saga.Kind
	of   []scene
}{
	{cancelorder.Saga, []scene{
		{name: "cancel all units", asked: cancels(wanted), has: books{Cancelled: wanted}, thorough: true},
		{name: "cancel one unit", asked: cancels(1), has: books{Cancelled: 1, Open: total}},
		{
			name: "cancel the rest after others were shipped", before: []request{ships(3)}, asked: cancels(1),
			has: books{Shipped: 3, Cancelled: 1, Captured: 3 * price},
		},
		{
			name: "cancel prepaid units", card: "card_capture_once", before: []request{ships(3)}, asked: cancels(1),
			has: books{Shipped: 3, Cancelled: 1, Captured: total, Refunded: price}, thorough: true,
		},
		{
			name: "cancel all units with a fee and write them off", asked: cancels(wanted).withFee(120).writingOff(),
			has: books{Cancelled: wanted, WrittenOff: wanted, Captured: 120, Fees: 120}, thorough: true,
		},
		{
			name: "cancel one unit for its whole price", asked: cancels(1).withFee(price),
			has: books{Cancelled: 1, Captured: price, Fees: price, Open: 3 * price},
		},
		{
			name: "cancel all units with a fee of a card that is captured once", card: "card_capture_once", asked: cancels(wanted).withFee(120),
			has: books{Cancelled: wanted, Captured: 120, Fees: 120},
		},
		{
			name: "cancel prepaid units with a fee", card: "card_capture_once", before: []request{ships(2)}, asked: cancels(1).withFee(100),
			has: books{Shipped: 2, Cancelled: 1, Captured: total, Refunded: price - 100, Fees: 100, Prepaid: price}, thorough: true,
		},
		{
			name: "cancel units with a fee that is declined", card: "card_capture_declined", asked: cancels(wanted).withFee(120).writingOff(),
			refused: refusals.CaptureFailed, has: books{Open: total}, thorough: true,
		},
	}},
	{shiporder.Saga, []scene{
		{name: "ship some units", asked: ships(2), has: books{Shipped: 2, Captured: 2 * price, Open: 2 * price}},
		{name: "ship all units", asked: ships(wanted), has: books{Shipped: wanted, Captured: total}},
		{
			name: "ship the last units after others were cancelled", before: []request{cancels(1)}, asked: ships(3),
			has: books{Shipped: 3, Cancelled: 1, Captured: 3 * price}, thorough: true,
		},
		{
			name: "ship units of which all are captured", card: "card_capture_once", asked: ships(1),
			has: books{Shipped: 1, Captured: total, Prepaid: 3 * price},
		},
		{name: "ship prepaid units", card: "card_capture_once", before: []request{ships(1)}, asked: ships(3), has: books{Shipped: wanted, Captured: total}},
		{
			name: "ship units whose capture is declined", card: "card_capture_declined", asked: ships(2),
			refused: refusals.CaptureFailed, has: books{Open: total}, thorough: true,
		},
	}},
	{refundorder.Saga, []scene{
		{
			name: "refund more than one shipment was", before: []request{ships(1), ships(3)}, asked: refunds(900),
			has: books{Shipped: wanted, Captured: total, Refunded: 900}, thorough: true,
		},
		{
			name: "refund what the provider does not give back", card: "card_refund_declined", before: []request{ships(wanted)}, asked: refunds(300),
			has: books{Shipped: wanted, Captured: total, Owed: 300},
		},
		{
			name: "refund what was disputed meanwhile", card: "card_disputed", before: []request{ships(wanted)}, until: (*run).isDisputed, asked: refunds(300),
			refused: refusals.RefundExceedsCaptured, has: books{Shipped: wanted, Captured: total},
		},
	}},
}

// TestConfirmedOrders breaks every call of the sagas that work on a confirmed order. Each comes to
// its end, and the books of services and provider agree then.
func TestConfirmedOrders(t *testing.T) {
	w := open(t, map[string][]string{
		shop.Payments: {"PAYMENT_OBSERVE_INTERVAL=100ms", "PAYMENT_RESOLVE_INTERVAL=100ms"}, shop.Paysim: {"PAYSIM_SLOW=200ms"},
	})
	for _, kind := range scenes {
		var called []string
		for _, s := range kind.of {
			t.Run(s.name, func(t *testing.T) { called = append(called, w.plays(t, s)...) })
		}
		t.Run("each call of "+kind.saga.Name+" is made", func(t *testing.T) {
			for _, call := range saga.List(kind.saga) {
				assert.Contains(t, called, call.Activity)
			}
		})
	}
	t.Run("an unknown capture keeps the claim", w.anUnknownCaptureKeepsTheClaim)
	t.Run("what was not captured can be cancelled", w.aDeclinedCaptureFreesTheClaim)
	t.Run("what a provider did not give back is owed until it is settled", w.aDebtIsSettled)
	t.Run("what the provider voided by itself is not shipped and can be cancelled", w.aLostAuthorizationIsCancelled)
	t.Run("a capture that fails while no run works on its shipment is owed", w.aLateFailureDoesNotUndoAShipment)
	t.Run("a fee is bounded and for operators", w.aFeeIsRefused)
	t.Run("random lives", w.lives)
	w.verified(t)
}

// plays a scene without and with faults, and returns the calls that its saga makes.
func (w *world) plays(t *testing.T, s scene) (calls []string) {
	t.Run("nothing goes wrong", func(t *testing.T) {
		r, b := w.sets(t, s)
		s.requireEnd(t, r, r.carriesOut(b, nil))
		calls = r.called()
	})
	faults := map[string]fault{"answer lost until stuck": answerLost(stuck)}
	if s.thorough {
		faults = map[string]fault{
			"request lost until stuck":      requestLost(stuck),
			"answer lost until stuck":       answerLost(stuck),
			"somebody cancels the workflow": cancelled(true),
		}
	}
	for _, call := range calls {
		for name, f := range faults {
			t.Run(name+" at "+call, func(t *testing.T) {
				r, b := w.sets(t, s)
				s.requireEnd(t, r, r.carriesOut(b, on(call, f)))
			})
		}
		t.Run("the task is lost after "+call, func(t *testing.T) {
			r, b := w.sets(t, s)
			s.requireEnd(t, r, r.resumes(b, call)) // as the sweep does with what has no run
		})
	}
	return calls
}

// sets the scene up to its request.
func (w *world) sets(t *testing.T, s scene) (*run, begun) {
	t.Helper()
	r := w.confirmed(t, s.card)
	for _, asked := range s.before {
		require.Nil(t, r.does(asked).GetRefusal())
	}
	if s.until != nil {
		s.until(r)
	}
	return r, r.begins(s.asked)
}

func (w *world) confirmed(t *testing.T, card string) *run {
	t.Helper()
	if card == "" {
		card = "card_approve"
	}
	r, outcome := w.places(t, card, nil)
	require.Equal(t, sagas.StatusConfirmed, outcome.GetStatus())
	return r
}

func (s scene) requireEnd(t *testing.T, r *run, outcome *commonv1.Outcome) {
	t.Helper()
	status := sagas.StatusConfirmed
	if s.has.Cancelled == wanted && s.refused == "" {
		status = sagas.StatusCancelled
	}
	assert.Equal(t, s.refused, outcome.GetRefusal().GetReason())
	assert.Equal(t, status, outcome.GetStatus())
	assert.Equal(t, status, r.Order(r.id()).Status)
	assert.Equal(t, s.has, r.booksOf())
}

// isDisputed waits until payments knows of a dispute.
func (r *run) isDisputed() { r.hasOperation("open") }

// hasOperation waits until payments knows an operation in a state.
func (r *run) hasOperation(state string) {
	testkit.Eventually(r.t, "payments to know an operation that is "+state, func() bool {
		for _, op := range r.Payment(r.id()).Operations {
			if op.State == state {
				return true
			}
		}
		return false
	})
}

// While nobody knows what became of a capture, the units and the amount are claimed: whoever wants
// to cancel or to ship has to wait.
func (w *world) anUnknownCaptureKeepsTheClaim(t *testing.T) {
	r := w.confirmed(t, "")
	b := r.begins(ships(2))
	others := 0
	outcome := r.carriesOut(b, on(sagas.CapturePayment.Name, func(_ *run, _ string, attempt int, call func() error) error {
		err := call()
		if attempt > stuck {
			return err
		}
		for _, other := range []request{cancels(1), cancels(wanted), ships(1), refunds(1)} {
			answer := r.post(other)
			assert.Equal(t, http.StatusConflict, answer.Status, "%s", answer)
			assert.Contains(t, answer.Field("type"), "saga-in-progress")
			assert.NotEmpty(t, answer.Header.Get("Retry-After"))
			others++
		}
		assert.Equal(t, "under_way", r.Operator().Get(shop.Orders, b.path).Field("status"))
		return errNoAnswer
	}))
	require.Nil(t, outcome.GetRefusal())
	assert.Equal(t, 4*stuck, others)
	assert.Equal(t, books{Shipped: 2, Captured: 2 * price, Open: 2 * price}, r.booksOf())
}

func (w *world) aDeclinedCaptureFreesTheClaim(t *testing.T) {
	r := w.confirmed(t, "card_capture_declined")
	b := r.begins(ships(2))
	require.Equal(t, refusals.CaptureFailed, r.carriesOut(b, nil).GetRefusal().GetReason())
	shown := r.Operator().Get(shop.Orders, b.path)
	assert.Equal(t, "refused", shown.Field("status"), "%s", shown)
	require.Nil(t, r.does(cancels(wanted)).GetRefusal())
	assert.Equal(t, sagas.StatusCancelled, r.Order(r.id()).Status)
	assert.Equal(t, books{Cancelled: wanted}, r.booksOf())
}

func (w *world) aDebtIsSettled(t *testing.T) {
	r := w.confirmed(t, "card_refund_declined")
	r.does(ships(wanted))
	failed := r.begins(refunds(300))
	r.carriesOut(failed, nil)
	again := request{"refunds", map[string]any{"reason": "retry", "retries": failed.saga.GetInstance()}}
	require.Nil(t, r.does(again).GetRefusal())
	assert.EqualValues(t, 300, r.booksOf().Owed, "tried again in vain: owed once")
	settled := r.Operator().Post(shop.Orders, "/v1/orders/"+r.id()+"/debts/"+failed.saga.GetInstance()+"/settlement", map[string]any{"reference": "bank transfer 17"})
	require.Equal(t, http.StatusOK, settled.Status, "%s", settled)
	unknown := r.Operator().Post(shop.Orders, "/v1/orders/"+r.id()+"/debts/unknown/settlement", map[string]any{"reference": "bank transfer 17"})
	assert.Contains(t, unknown.Field("type"), "no-debt", "%s", unknown)
	var ledger struct{ Debts []struct{} }
	require.NoError(t, settled.Into(&ledger))
	assert.Empty(t, ledger.Debts)
	assert.Equal(t, http.StatusConflict, r.post(again).Status, "nothing is owed any more")
	assert.Equal(t, http.StatusConflict, r.post(refunds(total-299)).Status, "what was paid in another way counts")
}

// The run is lost after the units have left, and the capture fails before the next run asks for it.
func (w *world) aLateFailureDoesNotUndoAShipment(t *testing.T) {
	r := w.confirmed(t, "")
	b := r.begins(ships(2))
	require.True(t, r.losesATask(b.saga.GetKind(), b.workflow, b.input, sagas.ShipUnits.Name))
	var statement struct{ Captures []struct{ ID string } }
	require.NoError(t, r.Provider().Get(shop.Paysim, "/v1/statement?reference="+r.id()).Into(&statement))
	failed := r.Provider().Post(shop.Paysim, "/v1/simulate/capture/"+statement.Captures[0].ID+"/failed", nil)
	require.Equal(t, http.StatusNoContent, failed.Status, "%s", failed)
	r.hasOperation("reversed")
	require.Nil(t, r.carriesOut(b.again(), nil).GetRefusal(), "the units have left")
	var order struct {
		Lines    []struct{ Shipped int64 }
		Captured struct{ Amount int64 }
	}
	testkit.Eventually(t, "the order to know that the capture failed", func() bool {
		require.NoError(t, r.Operator().Get(shop.Orders, "/v1/orders/"+r.id()).Into(&order))
		return order.Captured.Amount == 0
	})
	assert.EqualValues(t, 2, order.Lines[0].Shipped)
	var ledger struct {
		Balances []struct {
			Account string
			Amount  int64
		}
	}
	require.NoError(t, r.Operator().Get(shop.Orders, "/v1/orders/"+r.id()+"/ledger").Into(&ledger))
	for _, balance := range ledger.Balances {
		if balance.Account == "customer" {
			assert.EqualValues(t, 2*price, balance.Amount, "the shopper owes what was shipped")
		}
	}
}

// The authorization ends at the provider after a part of it was captured.
func (w *world) aLostAuthorizationIsCancelled(t *testing.T) {
	r := w.confirmed(t, "")
	require.Nil(t, r.does(ships(1)).GetRefusal())
	var statement struct{ Authorizations []struct{ ID string } }
	require.NoError(t, r.Provider().Get(shop.Paysim, "/v1/statement?reference="+r.id()).Into(&statement))
	voided := r.Provider().Post(shop.Paysim, "/v1/simulate/authorization/"+statement.Authorizations[0].ID+"/voided", nil)
	require.Equal(t, http.StatusNoContent, voided.Status, "%s", voided)
	testkit.Eventually(t, "the order to be on hold", func() bool {
		var order struct{ Holds []struct{ Reason string } }
		require.NoError(t, r.Operator().Get(shop.Orders, "/v1/orders/"+r.id()).Into(&order))
		return len(order.Holds) == 1 && order.Holds[0].Reason == "payment"
	})
	refused := r.post(ships(3))
	require.Equal(t, http.StatusConflict, refused.Status, "%s", refused)
	require.Contains(t, refused.Field("type"), "order-on-hold")
	require.Nil(t, r.does(cancels(3)).GetRefusal())
	assert.Equal(t, books{Shipped: 1, Cancelled: 3, Captured: price}, r.booksOf())
}

// What cannot be kept or captured is refused before anything is done.
func (w *world) aFeeIsRefused(t *testing.T) {
	r, once := w.confirmed(t, ""), w.confirmed(t, "card_capture_once")
	require.Nil(t, r.does(ships(1)).GetRefusal())
	for _, c := range []struct {
		run     *run
		asked   request
		status  int
		refused string
	}{
		{r, cancels(1).withFee(price + 1), http.StatusConflict, "fee-exceeds-amount"},
		{r, cancels(1).withFee(0), http.StatusUnprocessableEntity, "validation-failed"},
		{r, cancels(1).with("fee", map[string]any{"amount": 1, "currency": "EUR"}), http.StatusUnprocessableEntity, "currency-mismatch"},
		{r, cancels(1).with("stock", "burn"), http.StatusUnprocessableEntity, "validation-failed"},
		{once, cancels(1).withFee(1), http.StatusConflict, "fee-not-chargeable"},
	} {
		for path, answer := range map[string]shop.Answer{
			"preview": c.run.Operator().Post(shop.Orders, "/v1/orders/"+c.run.id()+"/cancellations/preview", without(c.asked.body, "reason")),
			"request": c.run.post(c.asked),
		} {
			assert.Equal(t, c.status, answer.Status, "%s %v: %s", path, c.asked.body, answer)
			assert.Contains(t, answer.Field("type"), c.refused, "%s %v", path, c.asked.body)
		}
	}
	preview := r.Operator().Post(shop.Orders, "/v1/orders/"+r.id()+"/cancellations/preview", without(cancels(2).withFee(120).writingOff().body, "reason"))
	require.Equal(t, http.StatusOK, preview.Status, "%s", preview)
	assert.Equal(t, "writes off 2 units; £3.80 is not charged; a fee of £1.20 is kept", preview.Field("effect"))
	assert.Equal(t, books{Shipped: 1, Captured: price, Open: 3 * price}, r.booksOf())
}
