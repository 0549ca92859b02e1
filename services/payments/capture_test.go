package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// paid is an order whose amount is held.
type paid struct {
	*world
	order, authorization string
	reference            string // of the authorization at the provider
}

func (w *world) pay(card string) *paid {
	w.t.Helper()
	order := newOrder()
	done, err := w.authorize(order, card)
	require.NoError(w.t, err)
	fact := authorizedOf(w.t, done.GetFacts())
	return &paid{world: w, order: order, authorization: fact.GetAuthorizationId(), reference: fact.GetProviderReference()}
}

// shipping is the step of one shipment.
func (p *paid) shipping(shipment string) *commonv1.Step {
	return &commonv1.Step{
		Saga: &commonv1.Saga{OrderId: p.order, Kind: "ship-order", Instance: uuid.NewSHA1(uuid.Nil, []byte(shipment)).String()},
		Name: "capture-payment",
	}
}

func gbp(amount int64) *commonv1.Money { return &commonv1.Money{Amount: amount, Currency: "GBP"} }

func (p *paid) captureOf(shipment string, amount int64) *paymentsv1.CaptureRequest {
	return &paymentsv1.CaptureRequest{
		Step: p.shipping(shipment), AuthorizationId: p.authorization, Amount: gbp(amount), Shipment: shipment,
	}
}

func (p *paid) capture(shipment string, amount int64) (*paymentsv1.CaptureResponse, error) {
	p.t.Helper()
	return p.client.Capture(asService(p.t), p.captureOf(shipment, amount))
}

func (p *paid) mustCapture(shipment string, amount int64) *paymentsv1.Capture {
	p.t.Helper()
	done, err := p.capture(shipment, amount)
	require.NoError(p.t, err)
	return done.GetCapture()
}

func (p *paid) refund(name, shipment string, amount int64) (*paymentsv1.RefundResponse, error) {
	p.t.Helper()
	return p.client.Refund(asService(p.t), &paymentsv1.RefundRequest{
		Step: &commonv1.Step{
			Saga: &commonv1.Saga{OrderId: p.order, Kind: "refund-order", Instance: uuid.NewSHA1(uuid.Nil, []byte(name)).String()},
			Name: "refund-payment",
		},
		Amount: gbp(amount), Shipment: shipment,
	})
}

func (p *paid) voidAuthorization() (*paymentsv1.VoidAuthorizationResponse, error) {
	p.t.Helper()
	return p.client.VoidAuthorization(asService(p.t), &paymentsv1.VoidAuthorizationRequest{OrderId: p.order, AuthorizationId: p.authorization})
}

// money is all that payments says of the order's money.
func (p *paid) money() *paymentsv1.GetPaymentResponse {
	p.t.Helper()
	shown, err := p.client.GetPayment(asService(p.t), &paymentsv1.GetPaymentRequest{OrderId: p.order})
	require.NoError(p.t, err)
	for _, a := range shown.GetAuthorizations() {
		require.Equal(p.t, a.GetAmount().GetAmount(), a.GetOpen()+a.GetCaptured()+a.GetVoided()+a.GetExpired(), "%v", a)
	}
	return shown
}

// requireParts asserts what is open, captured and voided of the only authorization.
func (p *paid) requireParts(open, captured, voided int64) {
	p.t.Helper()
	a := p.money().GetAuthorizations()[0]
	require.Equal(p.t, []int64{open, captured, voided}, []int64{a.GetOpen(), a.GetCaptured(), a.GetVoided()}, "%v", a)
}

// requireBalanced asserts that the ledger, the journal and the provider agree, and returns the
// balance of the provider's account.
func (p *paid) requireBalanced() int64 {
	p.t.Helper()
	folded, ledger, provider := p.balances()
	require.Equal(p.t, folded, ledger, "the ledger is the fold of the journal")
	require.Equal(p.t, provider, ledger[domain.Provider], "what the provider says it owes")
	return ledger[domain.Provider]
}

// balances are the accounts of the order that are not zero, by the journal and by the ledger, and
// what the provider says it owes.
func (p *paid) balances() (folded, ledger map[domain.Account]int64, provider int64) {
	p.t.Helper()
	payment, err := p.store.Payment(p.t.Context(), p.order)
	require.NoError(p.t, err)
	ledger = map[domain.Account]int64{}
	sums, err := p.store.Balances(p.t.Context(), []string{p.order})
	require.NoError(p.t, err)
	for _, sum := range sums {
		ledger[sum.Account] = sum.Amount
	}
	folded = map[domain.Account]int64{}
	for account, amount := range payment.Balances()["GBP"] {
		if amount != 0 {
			folded[account] = amount
		}
	}
	return folded, ledger, p.provider.balance(p.order)
}

func TestACaptureTakesItsAmountOnce(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	p := w.pay("card_approve")
	request, ctx := p.captureOf("first", 1000), asService(t)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			done, err := w.client.Capture(ctx, request)
			if assert.NoError(t, err) {
				fact := done.GetFacts()[0].GetPaymentCaptured()
				assert.EqualValues(t, 1000, fact.GetAmount().GetAmount())
				assert.Equal(t, p.authorization, fact.GetAuthorizationId())
				assert.Equal(t, done.GetCapture().GetId(), fact.GetCaptureId())
				assert.Equal(t, "first", fact.GetShipment())
				assert.False(t, fact.GetSubmitted())
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 1, w.wire.answered("POST /v1/authorizations/"+p.reference+"/captures"))
	p.requireParts(amount-1000, 1000, 0)

	p.mustCapture("second", 34)
	p.requireParts(200, 1034, 0)
	closed, err := p.voidAuthorization()
	require.NoError(t, err)
	require.NotNil(t, closed.GetFacts()[0].GetPaymentVoided())
	p.requireParts(0, 1034, 200)
	_, err = p.voidAuthorization()
	require.NoError(t, err)
	assert.EqualValues(t, 1034, p.requireBalanced())
}

func TestACaptureThatCannotBeIsRefused(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	p := w.pay("card_approve")
	_, err := p.capture("too much", amount+1)
	assert.JSONEq(t, fmt.Sprintf(`{"amount":%d,"currency":"GBP"}`, amount), requireRefused(t, refusals.AmountExceedsOpen, err))

	p.mustCapture("first", 1000)
	_, err = p.capture("first", 999)
	requireRefused(t, refusals.RequestMismatch, err)
	_, err = p.capture("second", 235)
	requireRefused(t, refusals.AmountExceedsOpen, err)

	other := w.pay("card_approve")
	request := p.captureOf("third", 1)
	request.AuthorizationId = other.authorization
	_, err = w.client.Capture(asService(t), request)
	requireRefused(t, refusals.AuthorizationUnknown, err)
	request = p.captureOf("third", 1)
	request.Amount.Currency = "EUR"
	_, err = w.client.Capture(asService(t), request)
	requireRefused(t, refusals.AuthorizationUnknown, err)

	_, err = p.voidAuthorization()
	require.NoError(t, err)
	_, err = p.capture("late", 1)
	assert.JSONEq(t, `{"state":"voided"}`, requireRefused(t, refusals.AuthorizationEnded, err))

	declined := w.pay("card_capture_declined")
	for range 2 {
		_, err = declined.capture("first", 100)
		assert.JSONEq(t, `{"decline_code":"card_declined"}`, requireRefused(t, refusals.CaptureFailed, err))
	}
	declined.requireParts(amount, 0, 0)
	assert.Zero(t, declined.requireBalanced())
}

func TestACardThatIsCapturedOnceHasNothingOpenAfterwards(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	p := w.pay("card_capture_once")
	assert.False(t, p.money().GetAuthorizations()[0].GetMultiCapture())
	p.mustCapture("first", 1000)
	p.requireParts(0, 1000, 234)
	_, err := p.capture("second", 1)
	requireRefused(t, refusals.AmountExceedsOpen, err)
	p.requireBalanced()
}

func TestACaptureWithoutAnAnswerIsFound(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	for _, card := range []string{"card_capture_error", "card_capture_flaky"} {
		p := w.pay(card)
		testkit.Eventually(t, "the capture of "+card, func() bool {
			_, err := p.capture("first", 1000)
			if err != nil {
				requireUnavailable(t, err)
			}
			return err == nil
		})
		p.requireParts(234, 1000, 0)
		assert.EqualValues(t, 1000, p.requireBalanced())
	}
}

// A request whose key the provider may have forgotten is not sent again: it would capture twice.
func TestAnOldRequestIsOnlyLookedUp(t *testing.T) {
	times := hasty
	times.KeyLifetime = time.Hour + 500*time.Millisecond // an hour less is what is used of it
	w := newWorld(t, times, time.Second)
	p := w.pay("card_approve")
	w.wire.says(func(r *http.Request, status int, body string) (int, string) { // it never hears of the capture, as far as we see
		if strings.Contains(r.URL.Path, "captures") || r.URL.Path == "/v1/statement" {
			return http.StatusBadGateway, ""
		}
		return status, body
	})
	posts, sent := "POST /v1/authorizations/"+p.reference+"/captures", -1
	testkit.Eventually(t, "the key to be old, so that nothing more is sent", func() bool {
		_, err := p.capture("first", 100)
		requireUnavailable(t, err)
		now := w.wire.answered(posts)
		old := now == sent
		sent = now
		return old
	})
	p.provider.simulate("forget-keys", "")
	for range 3 {
		_, err := p.capture("first", 100)
		requireUnavailable(t, err)
	}
	assert.Equal(t, sent, w.wire.answered(posts))
	w.wire.says(nil)
	_, err := p.capture("first", 100)
	require.NoError(t, err, "the lookup finds it")
	p.requireParts(amount-100, 100, 0)
	assert.EqualValues(t, 100, p.requireBalanced())
}

func TestNothingIsCapturedWithoutTheProvider(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	p := w.pay("card_approve")
	done := p.mustCapture("free", 0)
	assert.Equal(t, "succeeded", done.GetState())
	assert.Zero(t, w.wire.answered("POST /v1/authorizations/"+p.reference+"/captures"))
	given, err := p.refund("free", "free", 0)
	require.NoError(t, err)
	require.Len(t, given.GetFacts(), 1)
	assert.Zero(t, given.GetFacts()[0].GetPaymentRefunded().GetAmount().GetAmount())
	p.requireBalanced()
}

// The last shipment of an order may be worth nothing, whatever became of the authorization.
func TestNothingIsCapturedOfAnAuthorizationThatHasEnded(t *testing.T) {
	w := newWorld(t, hasty, time.Hour)
	ends := map[string]func(p *paid){
		"captured whole": func(p *paid) { p.mustCapture("first", amount) },
		"captured once": func(p *paid) {
			request := p.captureOf("first", 1000)
			request.Final = true
			_, err := w.client.Capture(asService(t), request)
			require.NoError(t, err)
		},
		"voided": func(p *paid) {
			_, err := p.voidAuthorization()
			require.NoError(t, err)
		},
		"expired": func(p *paid) {
			w.provider.simulate("authorization/"+p.reference+"/expired", "")
			_, err := p.capture("first", 1)
			require.Error(t, err)
		},
	}
	for name, end := range ends {
		p := w.pay("card_approve")
		end(p)
		sent := w.wire.answered("POST /v1/authorizations/" + p.reference + "/captures")
		final := p.captureOf("last", 0)
		final.Final = true
		for range 2 {
			done, err := w.client.Capture(asService(t), final)
			require.NoError(t, err, name)
			assert.Equal(t, "succeeded", done.GetCapture().GetState(), name)
		}
		assert.Equal(t, sent, w.wire.answered("POST /v1/authorizations/"+p.reference+"/captures"), name)
		p.requireBalanced()
	}
	request := newOrder()
	_, err := w.authorize(request, "card_declined")
	requireRefused(t, refusals.PaymentDeclined, err)
	declined, err := w.store.Payment(t.Context(), request)
	require.NoError(t, err)
	p := &paid{world: w, order: request, authorization: declined.Operations[0].ID}
	_, err = p.capture("never", 0)
	requireRefused(t, refusals.AuthorizationEnded, err)
}

// A capture of nothing reaches no provider; what is open is given back all the same.
func TestALastShipmentOfNothingGivesBackWhatIsOpen(t *testing.T) {
	w := newWorld(t, hasty, time.Hour)
	p := w.pay("card_capture_pending")
	taken, err := p.capture("first", 1000)
	require.NoError(t, err)
	nothing, err := p.capture("second", 0)
	require.NoError(t, err, "it does not wait for another capture")
	assert.Equal(t, "succeeded", nothing.GetCapture().GetState())
	final := p.captureOf("third", 0)
	final.Final = true
	_, err = w.client.Capture(asService(t), final)
	requireUnavailable(t, err)
	w.provider.simulate("capture/"+taken.GetCapture().GetProviderReference()+"/succeeded", "")
	w.startResolver()
	testkit.Eventually(t, "the rest to be given back", func() bool {
		_, err := w.client.Capture(asService(t), final)
		if err != nil {
			requireUnavailable(t, err)
		}
		return err == nil
	})
	p.requireParts(0, 1000, 234)
	_, err = w.client.Capture(asService(t), final)
	require.NoError(t, err)
	assert.EqualValues(t, 1000, p.requireBalanced())
}

// What was cancelled before the last shipment is given back by it, and nothing is left for an undo.
func TestTheLastCaptureGivesBackTheRestAndAnUndoOfItEnds(t *testing.T) {
	w := newWorld(t, hasty, time.Hour)
	p := w.pay("card_approve")
	p.mustCapture("first", 600)
	final := p.captureOf("last", 300)
	final.Final = true
	for range 2 {
		_, err := w.client.Capture(asService(t), final)
		require.NoError(t, err)
	}
	p.requireParts(0, 900, 334)
	for range 2 {
		closed, err := p.voidAuthorization()
		require.NoError(t, err)
		require.Len(t, closed.GetFacts(), 1, "the order learns that the rest was given back")
		assert.NotNil(t, closed.GetFacts()[0].GetPaymentVoided())
		require.NoError(t, w.void(p.order))
	}
	p.requireParts(0, 900, 334)
	assert.Equal(t, "authorized", p.money().GetAuthorizations()[0].GetState())
	assert.Equal(t, "captured", w.show(p.order).Status)
	assert.Zero(t, p.audit().Unfinished)
	assert.Empty(t, p.audit().Problems)
	assert.EqualValues(t, 900, p.requireBalanced())
}

// The provider is the first to know that an authorization has ended: a capture learns it, and is
// refused for that reason also when it is asked for again.
func TestACaptureOfWhatEndedAtTheProviderSaysSo(t *testing.T) {
	w := newWorld(t, hasty, time.Hour)
	for _, state := range []string{"voided", "expired"} {
		p := w.pay("card_approve")
		p.mustCapture("first", 1000)
		w.provider.simulate("authorization/"+p.reference+"/"+state, "")
		for range 2 {
			_, err := p.capture("second", 100)
			assert.JSONEq(t, `{"state":"`+state+`"}`, requireRefused(t, refusals.AuthorizationEnded, err))
		}
		_, err := p.capture("third", 100)
		requireRefused(t, refusals.AuthorizationEnded, err)
		a := p.money().GetAuthorizations()[0]
		assert.Equal(t, state, a.GetState())
		assert.EqualValues(t, []int64{0, 1000, 234}, []int64{a.GetOpen(), a.GetCaptured(), a.GetVoided() + a.GetExpired()})
		assert.Empty(t, p.audit().Problems)
		assert.EqualValues(t, 1000, p.requireBalanced())
	}
}

func TestARefundTakesTheShipmentsOwnCaptureFirst(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	p := w.pay("card_approve")
	first, second := p.mustCapture("first", 1000), p.mustCapture("second", 200)

	own, err := p.refund("own", "first", 300)
	require.NoError(t, err)
	require.Len(t, own.GetRefunds(), 1)
	assert.Equal(t, first.GetId(), own.GetRefunds()[0].GetCaptureId())

	goodwill, err := p.refund("goodwill", "", 250)
	require.NoError(t, err)
	require.Len(t, goodwill.GetRefunds(), 2, "the newest has not room for all of it")
	assert.Equal(t, second.GetId(), goodwill.GetRefunds()[0].GetCaptureId())
	assert.EqualValues(t, 200, goodwill.GetRefunds()[0].GetAmount().GetAmount())
	assert.Equal(t, first.GetId(), goodwill.GetRefunds()[1].GetCaptureId())
	again, err := p.refund("goodwill", "", 250)
	require.NoError(t, err)
	assert.Equal(t, goodwill.String(), again.String(), "once per step")
	_, err = p.refund("goodwill", "", 251)
	requireRefused(t, refusals.RequestMismatch, err)

	_, err = p.refund("too much", "first", 651)
	assert.JSONEq(t, `{"amount":650,"currency":"GBP"}`, requireRefused(t, refusals.RefundExceedsCaptured, err))
	assert.EqualValues(t, 1200-300-250, p.requireBalanced())
}

func TestARefundThatIsRefusedIsToldAndBooked(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	p := w.pay("card_refund_declined")
	p.mustCapture("first", 1000)
	for range 2 {
		answer, err := p.refund("refund", "first", 100)
		require.NoError(t, err)
		require.Len(t, answer.GetFacts(), 1)
		failed := answer.GetFacts()[0].GetPaymentRefundFailed()
		assert.Equal(t, "refund_declined", failed.GetCode())
		assert.EqualValues(t, 100, failed.GetAmount().GetAmount())
	}
	assert.EqualValues(t, 1000, p.money().GetCaptures()[0].GetRefundable(), "it can be tried again as another one")
	assert.EqualValues(t, 1000, p.requireBalanced())
}

func TestARefundWithoutAnAnswerIsFound(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	p := w.pay("card_refund_error")
	p.mustCapture("first", 1000)
	_, err := p.refund("refund", "first", 100)
	require.NoError(t, err, "the lookup tells")
	assert.EqualValues(t, 900, p.requireBalanced())
}

// An order may have several authorizations, together of no more than it has still to pay.
func TestSeveralAuthorizationsOfAnOrderAreNoMoreThanIsDue(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	p := w.pay("card_stored")
	p.mustCapture("first", 1000)
	further := func(name string, due, wanted int64) (*paymentsv1.AuthorizeRequest, error) {
		request := wish(p.order, "card_approve")
		request.Step.Name, request.Amount, request.Due = name, gbp(wanted), gbp(due)
		_, err := w.client.Authorize(asService(t), request)
		return request, err
	}
	_, err := further("more", 300, 67)
	assert.JSONEq(t, `{"amount":66,"currency":"GBP"}`, requireRefused(t, refusals.AmountExceedsDue, err))
	_, err = further("more", 300, 66)
	require.NoError(t, err)
	_, err = further("even-more", 300, 1)
	requireRefused(t, refusals.AmountExceedsDue, err)

	// A renewal is authorized with the stored method before the old one is voided.
	renewal := wish(p.order, "")
	renewal.Step.Name, renewal.Amount, renewal.Due, renewal.Replaces = "renew", gbp(234), gbp(300), p.authorization
	_, err = w.client.Authorize(asService(t), renewal)
	require.NoError(t, err)
	_, err = p.voidAuthorization()
	require.NoError(t, err)
	shown := p.money().GetAuthorizations()
	require.Len(t, shown, 3)
	assert.EqualValues(t, []int64{0, 66, 234}, []int64{shown[0].GetOpen(), shown[1].GetOpen(), shown[2].GetOpen()})
	assert.True(t, shown[2].GetChargeableAgain())

	renewal = wish(p.order, "")
	renewal.Step.Name, renewal.Amount, renewal.Due, renewal.Replaces = "renew-again", gbp(66), gbp(300), shown[1].GetId()
	_, err = w.client.Authorize(asService(t), renewal)
	requireRefused(t, refusals.NoStoredPaymentMethod, err)
	p.requireBalanced()
}

// balance is what the provider owes the shop for an order, in pence.
func (p *providerProcess) balance(order string) int64 {
	p.t.Helper()
	var audit struct{ Balances []struct{ Balance int64 } }
	p.read("/v1/books?reference="+order, &audit)
	if len(audit.Balances) == 0 {
		return 0
	}
	return audit.Balances[0].Balance
}

// read asks the provider itself.
func (p *providerProcess) read(path string, answer any) {
	p.t.Helper()
	response := p.ask(http.MethodGet, path, "")
	defer response.Body.Close()
	require.Equal(p.t, http.StatusOK, response.StatusCode, path)
	require.NoError(p.t, json.NewDecoder(response.Body).Decode(answer))
}

// simulate lets something happen at the provider by itself.
func (p *providerProcess) simulate(path, body string) {
	p.t.Helper()
	response := p.ask(http.MethodPost, "/v1/simulate/"+path, body)
	defer response.Body.Close()
	require.Less(p.t, response.StatusCode, 300, path)
}

func (p *providerProcess) ask(method, path, body string) *http.Response {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), callDeadline)
	p.t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, method, p.url+path, strings.NewReader(body))
	require.NoError(p.t, err)
	request.Header.Set("Authorization", "Bearer "+providerKey)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(p.t, err)
	return response
}

// The fee of a cancellation is captured, or kept back of what is refunded.
func TestAFeeIsKeptAndNobodyIsOwedIt(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	balances := func(p *paid) map[domain.Account]int64 {
		p.requireBalanced()
		payment, err := p.store.Payment(t.Context(), p.order)
		require.NoError(t, err)
		kept := payment.Balances()["GBP"]
		return map[domain.Account]int64{domain.Fees: kept[domain.Fees], domain.Customer: kept[domain.Customer], "kept": payment.Totals().Kept}
	}
	captured := w.pay("card_approve")
	request := captured.captureOf("cancellation", 200)
	request.Fee = true
	for range 2 {
		_, err := w.client.Capture(asService(t), request)
		require.NoError(t, err)
	}
	_, err := captured.voidAuthorization()
	require.NoError(t, err)
	assert.Equal(t, map[domain.Account]int64{domain.Fees: -200, domain.Customer: 0, "kept": 200}, balances(captured))
	_, err = captured.capture("cancellation", 200)
	requireRefused(t, refusals.RequestMismatch, err)

	prepaid := w.pay("card_approve")
	prepaid.mustCapture("all", 1000)
	for refund, fee := range map[int64]int64{400: 100, 0: 50} {
		back := &paymentsv1.RefundRequest{
			Step: &commonv1.Step{
				Saga: &commonv1.Saga{OrderId: prepaid.order, Kind: "cancel-order", Instance: uuid.NewString()}, Name: "refund-payment",
			},
			Amount: gbp(refund), KeptFee: fee,
		}
		for range 2 {
			_, err = w.client.Refund(asService(t), back)
			require.NoError(t, err)
		}
		back.KeptFee++
		_, err = w.client.Refund(asService(t), back)
		requireRefused(t, refusals.RequestMismatch, err)
	}
	assert.Equal(t, map[domain.Account]int64{domain.Fees: -150, domain.Customer: -450, "kept": 150}, balances(prepaid))
	prepaid.requireParts(amount-1000, 1000, 0)
}
