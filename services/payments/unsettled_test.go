package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
