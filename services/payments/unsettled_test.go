package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// eventuallyState waits until the resolver has found out how the only operation of a kind ended.
func (p *paid) eventuallyState(kind, state string) {
	p.t.Helper()
	testkit.Eventually(p.t, "the "+kind+" to be "+state, func() bool {
		for _, op := range p.show(p.order).Operations {
			if op.Kind == kind && op.State == state {
				return true
			}
		}
		return false
	})
}

func TestWhatTheProviderHasAcceptedIsAskedForUntilItIsSettled(t *testing.T) {
	w := newWorld(t, hasty, time.Hour)
	w.startResolver()

	p := w.pay("card_capture_pending")
	done, err := p.capture("first", 1000)
	require.NoError(t, err)
	assert.Equal(t, "submitted", done.GetCapture().GetState())
	assert.True(t, done.GetFacts()[0].GetPaymentCaptured().GetSubmitted())
	p.requireParts(234, 1000, 0)
	_, err = p.capture("second", 100)
	requireUnavailable(t, err)
	_, err = p.voidAuthorization()
	requireUnavailable(t, err)
	p.requireParts(234, 1000, 0)
	assert.Zero(t, p.requireBalanced(), "nothing is booked before it has succeeded")
	w.provider.simulate("capture/"+done.GetCapture().GetProviderReference()+"/succeeded", "")
	p.eventuallyState("capture", "succeeded")
	assert.EqualValues(t, 1000, p.requireBalanced())

	q := w.pay("card_capture_pending")
	done, err = q.capture("first", 1000)
	require.NoError(t, err)
	w.provider.simulate("capture/"+done.GetCapture().GetProviderReference()+"/failed", "")
	q.eventuallyState("capture", "failed")
	q.requireParts(amount, 0, 0)
	assert.Zero(t, q.requireBalanced())
	requireAcceptedStays(t, q, 1000)

	// A refund waits for the capture that it is to be taken of, and is refused when there was none.
	for end, refused := range map[string]bool{"succeeded": false, "failed": true} {
		r := w.pay("card_capture_pending")
		done, err = r.capture("first", 1000)
		require.NoError(t, err)
		_, err = r.refund("goodwill", "", 400)
		requireUnavailable(t, err)
		_, err = r.refund("too much", "", 1001)
		requireRefused(t, refusals.RefundExceedsCaptured, err)
		w.provider.simulate("capture/"+done.GetCapture().GetProviderReference()+"/"+end, "")
		r.eventuallyState("capture", end)
		_, err = r.refund("goodwill", "", 400)
		if refused {
			requireRefused(t, refusals.RefundExceedsCaptured, err)
		} else {
			require.NoError(t, err)
		}
	}

	// An undo waits for a capture, and gives back what that leaves.
	u := w.pay("card_capture_pending")
	done, err = u.capture("first", 1000)
	require.NoError(t, err)
	requireUnavailable(t, w.void(u.order))
	u.requireParts(234, 1000, 0)
	w.provider.simulate("capture/"+done.GetCapture().GetProviderReference()+"/succeeded", "")
	u.eventuallyState("authorize", "voided")
	u.requireParts(0, 1000, 234)
	assert.EqualValues(t, 1000, u.requireBalanced())

	for _, end := range []string{"succeeded", "failed"} {
		p := w.pay("card_refund_pending")
		p.mustCapture("first", 1000)
		refunded, err := p.refund("refund", "first", 300)
		require.NoError(t, err)
		assert.Equal(t, "submitted", refunded.GetRefunds()[0].GetState())
		assert.EqualValues(t, 700, p.money().GetCaptures()[0].GetRefundable(), "what is on its way is not refunded again")
		assert.EqualValues(t, 1000, p.requireBalanced(), "it is in transit")
		w.provider.simulate("refund/"+refunded.GetRefunds()[0].GetProviderReference()+"/"+end, "")
		p.eventuallyState("refund", end)
		p.requireBalanced()
	}
}

// What happens at the provider by itself is taken over from its list.
func TestWhatNobodyAskedForIsTakenOver(t *testing.T) {
	w := newWorld(t, hasty, time.Hour)
	w.startObserver()

	voided := w.pay("card_approve")
	w.provider.simulate("authorization/"+voided.reference+"/voided", "")
	voided.eventuallyState("authorize", "voided")
	voided.requireParts(0, 0, amount)
	_, err := voided.capture("first", 1)
	requireRefused(t, refusals.AuthorizationEnded, err)

	expired := w.pay("card_approve")
	expired.mustCapture("first", 1000)
	w.provider.simulate("authorization/"+expired.reference+"/expired", "")
	expired.eventuallyState("authorize", "expired")
	a := expired.money().GetAuthorizations()[0]
	assert.EqualValues(t, []int64{1000, 234}, []int64{a.GetCaptured(), a.GetExpired()})
	assert.EqualValues(t, 1000, expired.requireBalanced())

	reversed := w.pay("card_approve")
	captured := reversed.mustCapture("first", 1000)
	w.provider.simulate("capture/"+captured.GetProviderReference()+"/failed", "")
	reversed.eventuallyState("capture", "reversed")
	assert.Zero(t, reversed.requireBalanced())
	requireAcceptedStays(t, reversed, 1000)
	_, err = reversed.refund("refund", "first", 1)
	requireRefused(t, refusals.RefundExceedsCaptured, err)

	debt := w.pay("card_approve")
	debt.mustCapture("first", 1000)
	refunded, err := debt.refund("refund", "first", 400)
	require.NoError(t, err)
	w.provider.simulate("refund/"+refunded.GetRefunds()[0].GetProviderReference()+"/failed", "")
	debt.eventuallyState("refund", "reversed")
	assert.EqualValues(t, 1000, debt.requireBalanced())
	again, err := debt.refund("refund again", "first", 400)
	require.NoError(t, err)
	assert.Equal(t, "succeeded", again.GetRefunds()[0].GetState())

	for end, left := range map[string]int64{"won": 1000 - 100, "lost": 400 - 100} {
		p := w.pay("card_approve")
		captured := p.mustCapture("first", 1000)
		w.provider.simulate("capture/"+captured.GetProviderReference()+"/disputed", `{"amount":600,"fee":100}`)
		p.eventuallyState("dispute", "open")
		assert.EqualValues(t, 400-100, p.requireBalanced())
		_, err := p.refund("refund", "first", 401)
		requireRefused(t, refusals.RefundExceedsCaptured, err)
		w.provider.simulate("dispute/"+p.money().GetDisputes()[0].GetProviderReference()+"/"+end, "")
		p.eventuallyState("dispute", end)
		assert.EqualValues(t, left, p.requireBalanced())
	}
}

// startObserver takes over what happens at the provider until the test ends.
func (w *world) startObserver() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.journal.Observe(ctx, w.gateway.Lists(), 20*time.Millisecond)
	}()
	w.t.Cleanup(func() { stop(); <-done })
}

// What a saga asked for it learns from the answer. What becomes of it afterwards the order is told,
// until it knows.
func TestAnOrderIsToldWhatBecomesOfItsMoneyByItself(t *testing.T) {
	w := newWorld(t, hasty, time.Hour)
	w.startResolver()
	w.startTeller()

	p := w.pay("card_refund_pending")
	p.mustCapture("first", 1000)
	accepted, err := p.refund("refund", "first", 300)
	require.NoError(t, err)
	w.orders.Answers(nil, status.Error(codes.Unavailable, "a saga is at work"))
	w.provider.simulate("refund/"+accepted.GetRefunds()[0].GetProviderReference()+"/failed", "")
	testkit.Eventually(t, "a first try", func() bool { return len(w.orders.Told()) > 0 })
	assert.True(t, p.audit().Untold)
	w.orders.Answers(nil, nil)
	testkit.Eventually(t, "a second try", func() bool { return len(w.orders.Told()) > 1 && !p.audit().Untold })
	for _, told := range w.orders.Told() {
		assert.Equal(t, p.order, told.GetOrderId())
		require.Len(t, told.GetFacts(), 1)
		failed := told.GetFacts()[0].GetPaymentRefundFailed()
		assert.Equal(t, accepted.GetRefunds()[0].GetId(), failed.GetRefundId())
		assert.EqualValues(t, 300, failed.GetAmount().GetAmount())
	}

	q := w.pay("card_capture_pending")
	done, err := q.capture("first", 1000)
	require.NoError(t, err)
	w.provider.simulate("capture/"+done.GetCapture().GetProviderReference()+"/failed", "")
	failed := w.told(q.order).GetPaymentCaptureFailed()
	assert.Equal(t, done.GetCapture().GetId(), failed.GetCaptureId())
	assert.EqualValues(t, amount, failed.GetOpen())

	u := w.pay("card_approve")
	w.provider.simulate("authorization/"+u.reference+"/expired", "")
	w.startObserver()
	assert.Equal(t, "expired", w.told(u.order).GetAuthorizationEnded().GetState())
}

// told waits for what an order is told, and returns the first fact. It may be told again.
func (w *world) told(order string) (fact *commonv1.Fact) {
	w.t.Helper()
	testkit.Eventually(w.t, "order "+order+" to be told", func() bool {
		for _, told := range w.orders.Told() {
			if told.GetOrderId() == order {
				fact = told.GetFacts()[0]
			}
		}
		return fact != nil
	})
	return fact
}

// requireAcceptedStays asks for the first capture again, as a saga whose run was lost does: it may
// have shipped the goods.
func requireAcceptedStays(t *testing.T, p *paid, amount int64) {
	t.Helper()
	again, err := p.capture("first", amount)
	require.NoError(t, err, "the answer to a capture that was accepted does not change")
	assert.Equal(t, amount, again.GetFacts()[0].GetPaymentCaptured().GetAmount().GetAmount())
}
