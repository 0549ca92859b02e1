package main

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
)

const posts = "POST /v1/authorizations"

func TestAnApprovedCardIsAuthorizedOnce(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	first, err := w.authorize(order, "card_approve")
	require.NoError(t, err)
	again, err := w.authorize(order, "card_approve")
	require.NoError(t, err)

	require.Len(t, first.GetFacts(), 1)
	assert.True(t, proto.Equal(first, again), "%v\n%v", first, again)
	assert.Equal(t, 1, w.wire.answered(posts), "the second answer comes from the journal")
	w.requireBooks(order, 1, 1)
	payment, fact := w.show(order), authorizedOf(t, first.GetFacts())
	assert.Equal(t, "authorized", payment.Status)
	assert.Equal(t, payment.ID, fact.GetPaymentId())
	assert.Equal(t, payment.ProviderReference, fact.GetProviderReference())
	assert.True(t, proto.Equal(wish(order, "").GetAmount(), fact.GetAmount()), "%v", fact)
	assert.Equal(t, *payment.Operations[0].AnsweredAt, first.GetFacts()[0].GetAt().AsTime(), "the service's time, not the caller's")
}

func TestADeclineIsARefusalThatIsKept(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	for range 2 {
		_, err := w.authorize(order, "card_insufficient_funds")
		details := requireRefused(t, refusals.PaymentDeclined, err)
		assert.JSONEq(t, `{"decline_code":"insufficient_funds"}`, details)
	}
	assert.Equal(t, 1, w.wire.answered(posts))
	w.requireBooks(order, 0, 0)
	assert.Equal(t, "declined", w.show(order).Status)

	require.NoError(t, w.void(order), "there is nothing to undo")
	_, err := w.authorize(order, "card_insufficient_funds")
	requireRefused(t, refusals.PaymentDeclined, err)
}

func TestAPaymentMethodTheProviderDoesNotKnowIsADecline(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	_, err := w.authorize(newOrder(), "card_of_a_kind")
	assert.JSONEq(t, `{"decline_code":"invalid_payment_method"}`, requireRefused(t, refusals.PaymentDeclined, err))
}

func TestAnErrorAfterTheEffectIsFoundOutByLookingUp(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	done, err := w.authorize(order, "card_error_after_effect")
	require.NoError(t, err)
	assert.NotEmpty(t, authorizedOf(t, done.GetFacts()).GetProviderReference())
	w.requireBooks(order, 1, 1)
	require.NoError(t, w.void(order))
	w.requireBooks(order, 1, 0)
}

func TestAnAnswerThatComesTooLateIsFoundOutByLookingUp(t *testing.T) {
	w := newWorld(t, hasty, time.Minute)
	order := newOrder()
	_, err := w.authorize(order, "card_slow")
	require.NoError(t, err)
	w.requireBooks(order, 1, 1)
}

func TestAProviderThatFailsWithoutEffectIsAskedAgainWithTheSameKey(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	for range 2 {
		_, err := w.authorize(order, "card_flaky")
		requireUnavailable(t, err)
		assert.Equal(t, "sending", w.state(order))
	}
	_, err := w.authorize(order, "card_flaky")
	require.NoError(t, err)
	assert.Equal(t, 3, w.show(order).Operations[0].Sends)
	w.requireBooks(order, 1, 1)
}

func TestNothingIsConfirmedOnAGuess(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	for range 3 {
		_, err := w.authorize(order, "card_error")
		requireUnavailable(t, err)
	}
	payment := w.show(order)
	assert.Equal(t, "pending", payment.Status)
	assert.Contains(t, payment.Operations[0].LastError, "500")
	w.requireBooks(order, 0, 0)
}

func TestManyAtOnceGetOneAuthorization(t *testing.T) {
	w := newWorld(t, calm, time.Second)
	order := newOrder()
	w.wire.hold()
	ctx := asService(t)
	var wg sync.WaitGroup
	answers := make([]*paymentsv1.AuthorizeResponse, 10)
	for i := range answers {
		wg.Go(func() {
			var err error
			answers[i], err = w.client.Authorize(ctx, wish(order, "card_approve"))
			assert.NoError(t, err)
		})
	}
	w.waitUntilCharged(order)
	w.wire.release()
	wg.Wait()
	for _, answer := range answers {
		assert.True(t, proto.Equal(answers[0], answer), "%v\n%v", answers[0], answer)
	}
	assert.Equal(t, 1, w.wire.answered(posts), "while one is at it the others do not send")
	w.requireBooks(order, 1, 1)
}

func TestTheCallersDeadlineDoesNotLoseTheOutcome(t *testing.T) {
	w := newWorld(t, calm, time.Second)
	order := newOrder()
	w.wire.hold()
	ctx, hangUp := context.WithCancel(asService(t))
	answered := make(chan error, 1)
	go func() {
		_, err := w.client.Authorize(ctx, wish(order, "card_approve"))
		answered <- err
	}()
	w.waitUntilCharged(order)
	hangUp()
	require.Error(t, <-answered)
	w.wire.release()

	w.eventually(order, "authorized")
	assert.Equal(t, 1, w.wire.answered(posts), "nobody asked again")
}

func TestTheSameStepCannotBeAnotherRequest(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	_, err := w.authorize(order, "card_approve")
	require.NoError(t, err)

	_, err = w.authorize(order, "card_declined")
	requireRefused(t, refusals.RequestMismatch, err)
	more := wish(order, "card_approve")
	more.Amount.Amount++
	_, err = w.client.Authorize(asService(t), more)
	requireRefused(t, refusals.RequestMismatch, err)
	w.requireBooks(order, 1, 1)
}

func TestTwoStepsOfAnOrderCannotBothHoldMoney(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	_, err := w.authorize(order, "card_approve")
	require.NoError(t, err)

	second := wish(order, "card_approve")
	second.Step.Name = "authorize-again"
	_, err = w.client.Authorize(asService(t), second)
	require.Error(t, err)
	w.requireBooks(order, 1, 1)

	require.NoError(t, w.void(order))
	_, err = w.client.Authorize(asService(t), second)
	require.NoError(t, err, "what was given back can be authorized by another step")
	w.requireBooks(order, 2, 1)
	payment := w.show(order)
	assert.Equal(t, "authorized", payment.Status, "the payment follows the last step")
	assert.Len(t, payment.Operations, 3, "two authorizations and an undo")
	require.NoError(t, w.void(order))
	assert.Equal(t, "authorized", w.show(order).Status, "a repeated undo of the first step is not the second's")
}

// The second saga of a kind is not answered with the first one's authorization.
func TestAnotherInstanceIsAnotherStep(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	first, err := w.authorize(order, "card_approve")
	require.NoError(t, err)
	require.NoError(t, w.void(order))

	second := wish(order, "card_approve")
	second.Step.Saga.Instance = uuid.NewString()
	again, err := w.client.Authorize(asService(t), second)
	require.NoError(t, err)
	assert.NotEqual(t, authorizedOf(t, first.GetFacts()).GetProviderReference(), authorizedOf(t, again.GetFacts()).GetProviderReference())
	w.requireBooks(order, 2, 1)
}

func TestALookupTellsTheStepsOfAnOrderApart(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	first, err := w.authorize(order, "card_approve")
	require.NoError(t, err)
	require.NoError(t, w.void(order))

	second := wish(order, "card_error_after_effect")
	second.Step.Name = "authorize-again"
	found, err := w.client.Authorize(asService(t), second)
	require.NoError(t, err)
	assert.NotEqual(t, authorizedOf(t, first.GetFacts()).GetProviderReference(), authorizedOf(t, found.GetFacts()).GetProviderReference(),
		"that one was given back")
	w.requireBooks(order, 2, 1)
}

func TestAFreeOrderNeedsNoProvider(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	free := wish(order, "card_approve")
	free.Amount.Amount = 0
	done, err := w.client.Authorize(asService(t), free)
	require.NoError(t, err)
	assert.Empty(t, authorizedOf(t, done.GetFacts()).GetProviderReference(), "no provider has a name for it")
	assert.Equal(t, "authorized", w.show(order).Status)
	require.NoError(t, w.void(order))
	assert.Equal(t, "voided", w.show(order).Status)
	w.requireBooks(order, 0, 0)
}

func TestARequestThatMakesNoSenseIsInvalid(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	for name, change := range map[string]func(*paymentsv1.AuthorizeRequest){
		"a negative amount": func(r *paymentsv1.AuthorizeRequest) { r.Amount.Amount = -1 },
		"no currency":       func(r *paymentsv1.AuthorizeRequest) { r.Amount.Currency = "" },
		"no method":         func(r *paymentsv1.AuthorizeRequest) { r.PaymentMethod = "" },
		"a blank method":    func(r *paymentsv1.AuthorizeRequest) { r.PaymentMethod = " " },
		"a wide blank":      func(r *paymentsv1.AuthorizeRequest) { r.PaymentMethod = "\u3000" },
		"a card number":     func(r *paymentsv1.AuthorizeRequest) { r.PaymentMethod = "4111 1111 1111 1111" },
		"no step":           func(r *paymentsv1.AuthorizeRequest) { r.Step = nil },
		"a step with space": func(r *paymentsv1.AuthorizeRequest) { r.Step.Name = "authorize payment" },
		"a step of no saga": func(r *paymentsv1.AuthorizeRequest) { r.Step.Saga = nil },
		"an order's name":   func(r *paymentsv1.AuthorizeRequest) { r.Step.Saga.OrderId = "o1" },
		"no instance":       func(r *paymentsv1.AuthorizeRequest) { r.Step.Saga.Instance = "" },
	} {
		request := wish(newOrder(), "card_approve")
		change(request)
		_, err := w.client.Authorize(asService(t), request)
		assert.Equal(t, codes.InvalidArgument, status.Code(err), "%s: %v", name, err)
		assert.NotContains(t, err.Error(), "1111", "a card number is not repeated")
	}
	assert.Zero(t, w.wire.answered(posts))
}

func TestOnlyOperatorsSeePayments(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	_, err := w.authorize(order, "card_approve")
	require.NoError(t, err)
	w.requireGet(order, "alice", http.StatusForbidden)
	w.requireGet(order, "operator", http.StatusOK)
	w.requireGet(newOrder(), "operator", http.StatusNotFound)
	w.requireGet("no-uuid", "operator", http.StatusUnprocessableEntity)
}
