package main

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
)

func TestVoidGivesTheMoneyBackOnce(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	done, err := w.authorize(order, "card_approve")
	require.NoError(t, err)
	ctx := asService(t)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			_, err := w.client.Void(ctx, &paymentsv1.VoidRequest{Step: stepOf(order)})
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	w.requireBooks(order, 1, 0)
	assert.Equal(t, "voided", w.show(order).Status)
	assert.Equal(t, 1, w.wire.answered("POST /v1/authorizations/"+authorizedOf(t, done.GetFacts()).GetProviderReference()+"/void"))

	_, err = w.authorize(order, "card_approve")
	requireRefused(t, refusals.StepUndone, err)
	w.requireBooks(order, 1, 0)
}

// An undo trusts nobody who calls it: money of a confirmed order is not given back.
func TestAVoidThatTheOrderForbidsChangesNothing(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	_, err := w.authorize(order, "card_approve")
	require.NoError(t, err)

	w.orders.Answers(&ordersv1.CheckUndoResponse{Why: "what placing did stands"}, nil)
	err = w.void(order)
	requireRefused(t, refusals.UndoNotAllowed, err)
	assert.ErrorContains(t, err, "what placing did stands")
	require.Len(t, w.orders.Asked(), 1)
	assert.True(t, proto.Equal(stepOf(order).GetSaga(), w.orders.Asked()[0].GetSaga()), "%v", w.orders.Asked())
	late := newOrder()
	requireRefused(t, refusals.UndoNotAllowed, w.void(late))

	w.orders.Answers(nil, status.Error(codes.Unavailable, "connection refused"))
	requireUnavailable(t, w.void(order))

	assert.Equal(t, "authorized", w.show(order).Status)
	w.requireBooks(order, 1, 1)
	_, err = w.authorize(late, "card_approve")
	require.NoError(t, err, "nothing was undone before it was done")

	w.orders.Answers(&ordersv1.CheckUndoResponse{Allowed: true}, nil)
	require.NoError(t, w.void(order))
	w.requireBooks(order, 1, 0)
}

// A saga that lost its memory learns from the undo what there was to undo.
func TestVoidTellsWhatHappened(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	authorized, err := w.authorize(order, "card_approve")
	require.NoError(t, err)
	for range 2 {
		voided, err := w.client.Void(asService(t), &paymentsv1.VoidRequest{Step: stepOf(order)})
		require.NoError(t, err)
		require.Len(t, voided.GetFacts(), 2)
		first, second := voided.GetFacts()[0], voided.GetFacts()[1]
		assert.True(t, proto.Equal(authorized.GetFacts()[0], first), "%v", first)
		assert.Equal(t, w.show(order).ID, second.GetPaymentVoided().GetPaymentId())
		assert.False(t, second.GetAt().AsTime().Before(first.GetAt().AsTime()))
	}
	for _, card := range []string{"", "card_declined"} {
		order := newOrder()
		if card != "" {
			_, err := w.authorize(order, card)
			requireRefused(t, refusals.PaymentDeclined, err)
		}
		nothing, err := w.client.Void(asService(t), &paymentsv1.VoidRequest{Step: stepOf(order)})
		require.NoError(t, err)
		assert.Empty(t, nothing.GetFacts(), "nothing was ever held")
	}
}

func TestAnAuthorizationThatComesAfterItsUndoIsRefused(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	require.NoError(t, w.void(order))
	require.NoError(t, w.void(order))
	assert.Equal(t, "/needless", w.state(order), "a tombstone")
	assert.Equal(t, "none", w.show(order).Status)

	_, err := w.authorize(order, "card_approve")
	requireRefused(t, refusals.StepUndone, err)
	assert.Zero(t, w.wire.answered(posts), "the provider never hears of it")
}

func TestVoidDuringAuthorizeGivesTheLateAuthorizationBack(t *testing.T) {
	w := newWorld(t, calm, time.Second)
	order := newOrder()
	w.wire.hold()
	ctx := asService(t)
	authorized, voided := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := w.client.Authorize(ctx, wish(order, "card_approve"))
		authorized <- err
	}()
	w.waitUntilCharged(order)
	go func() {
		_, err := w.client.Void(ctx, &paymentsv1.VoidRequest{Step: stepOf(order)})
		voided <- err
	}()
	w.eventually(order, "sending/waiting")
	w.wire.release()

	requireRefused(t, refusals.StepUndone, <-authorized)
	require.NoError(t, <-voided)
	w.requireBooks(order, 1, 0)
	assert.Equal(t, "voided/succeeded", w.state(order))
}

func TestNotFoundProvesNothingUntilTheLookupDeadline(t *testing.T) {
	t.Parallel()
	patient := hasty
	patient.LookupDeadline = 2 * time.Second
	w := newWorld(t, patient, time.Second)
	order := newOrder()
	begun := time.Now()
	_, err := w.authorize(order, "card_error")
	requireUnavailable(t, err)
	for {
		err = w.void(order)
		if err == nil {
			break
		}
		requireUnavailable(t, err)
		require.Less(t, time.Since(begun), callDeadline, "the deadline has long passed")
	}
	assert.GreaterOrEqual(t, time.Since(begun), patient.LookupDeadline, "believed too early")
	assert.Equal(t, "absent/needless", w.state(order))
	assert.Equal(t, "voided", w.show(order).Status)
	w.requireBooks(order, 0, 0)
}

func TestALateEffectIsGivenBackAlthoughNobodyAsksAgain(t *testing.T) {
	t.Parallel()
	patient := hasty
	patient.LookupDeadline = time.Minute
	w := newWorld(t, patient, 8*time.Second)
	w.startResolver()
	order := newOrder()
	_, err := w.authorize(order, "card_slow_effect")
	requireUnavailable(t, err)
	requireUnavailable(t, w.void(order))

	w.eventually(order, "voided/succeeded")
	w.requireBooks(order, 1, 0)
}

func TestAnEffectAfterTheLookupDeadlineIsGivenBackByTheRecheck(t *testing.T) {
	t.Parallel()
	rash := hasty
	rash.LookupDeadline, rash.RecheckAfter = 100*time.Millisecond, 12*time.Second
	w := newWorld(t, rash, 8*time.Second)
	w.startResolver()
	order := newOrder()
	_, err := w.authorize(order, "card_slow_effect")
	requireUnavailable(t, err)
	testVoidUntilDone(t, w, order)
	require.Equal(t, "absent/needless", w.state(order), "the deadline was too short for this provider")

	w.waitUntilCharged(order)
	w.eventually(order, "voided/succeeded")
	w.requireBooks(order, 1, 0)
}

func TestAnUndoOutlivesTheProvidersAbsence(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	_, err := w.authorize(order, "card_approve")
	require.NoError(t, err)
	w.provider.kill()
	requireUnavailable(t, w.void(order))
	assert.Equal(t, "authorized/sending", w.state(order))
	assert.Contains(t, w.show(order).Operations[1].LastError, "void lookup: ")

	w.provider.restart()
	w.startResolver()
	w.eventually(order, "voided/succeeded")
	w.requireBooks(order, 1, 0)
	require.NoError(t, w.void(order))
}

func TestAnAuthorizationDuringTheProvidersAbsenceIsMadeWhenItIsBack(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	w.provider.kill()
	_, err := w.authorize(order, "card_approve")
	requireUnavailable(t, err)
	w.provider.restart()
	_, err = w.authorize(order, "card_approve")
	require.NoError(t, err)
	w.requireBooks(order, 1, 1)
}
