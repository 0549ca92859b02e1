package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/refusals"
)

// says1JPY is a provider that has another amount under our key.
func says1JPY(_ *http.Request, status int, body string) (int, string) {
	return status, strings.NewReplacer(fmt.Sprint(`"amount":`, amount), `"amount":1`, `"GBP"`, `"JPY"`).Replace(body)
}

func TestAnotherAmountAtTheProviderConfirmsNothing(t *testing.T) {
	for _, card := range []string{"card_approve", "card_error_after_effect"} { // told by the answer and by the list, and by the list alone
		w := newWorld(t, hasty, time.Second)
		order := newOrder()
		w.wire.says(says1JPY)
		for range 2 {
			_, err := w.authorize(order, card)
			requireUnavailable(t, err)
		}
		assert.Equal(t, "pending", w.show(order).Status)
		assert.Contains(t, w.show(order).Operations[0].Problem, "1 JPY", "an operator is told")

		w.wire.says(nil)
		_, err := w.authorize(order, card)
		require.NoError(t, err, "what the provider says in the end is what was asked for")
		assert.Empty(t, w.show(order).Operations[0].Problem)
		w.requireBooks(order, 1, 1)
	}
}

func TestAnotherAmountAtTheProviderIsGivenBack(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	w.wire.says(says1JPY)
	_, err := w.authorize(order, "card_error_after_effect")
	requireUnavailable(t, err)
	require.NoError(t, w.void(order))
	w.requireBooks(order, 1, 0)
}

func TestAVoidOfAnotherAmountProvesNothing(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	_, err := w.authorize(order, "card_approve")
	require.NoError(t, err)
	w.wire.says(says1JPY)
	requireUnavailable(t, w.void(order))
	assert.Equal(t, "voiding", w.show(order).Status)
	assert.Contains(t, w.show(order).Operations[0].Problem, "1 JPY", "an operator is told")
	w.wire.says(nil)
	require.NoError(t, w.void(order))
	assert.Equal(t, "voided", w.show(order).Status)
}

// Whoever was refused because of another request may still undo the step.
func TestVoidAfterAMismatchGivesBack(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	_, err := w.authorize(order, "card_approve")
	require.NoError(t, err)
	_, err = w.authorize(order, "card_slow")
	requireRefused(t, refusals.RequestMismatch, err)
	require.NoError(t, w.void(order))
	w.requireBooks(order, 1, 0)
}

// Nobody here captures: what was captured all the same cannot be voided. Its undo ends when it was
// refunded.
func TestAnUndoOfWhatWasCapturedWaitsForItsRefund(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	w.startResolver()
	order := newOrder()
	_, err := w.authorize(order, "card_approve")
	require.NoError(t, err)
	is := func(state string) func(*http.Request, int, string) (int, string) {
		return func(request *http.Request, status int, body string) (int, string) {
			if request.Method == http.MethodPost {
				return http.StatusConflict, `{"code":"not_voidable"}`
			}
			return status, strings.NewReplacer(`"status":"authorized"`, `"status":"`+state+`"`, `"status":"voided"`, `"status":"`+state+`"`).Replace(body)
		}
	}
	w.wire.says(is("captured"))
	requireUnavailable(t, w.void(order))
	assert.Equal(t, "captured/waiting", w.state(order))
	assert.Contains(t, w.show(order).Operations[0].Problem, "refund it there")
	w.wire.says(is("refunded"))
	w.eventually(order, "voided/succeeded")
	require.NoError(t, w.void(order))
}

func TestAStateThatNobodyKnowsIsForAnOperator(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	w.startResolver()
	order := newOrder()
	becomes := func(state string) {
		w.wire.says(func(_ *http.Request, status int, body string) (int, string) {
			return status, strings.ReplaceAll(body, `"status":"authorized"`, `"status":"`+state+`"`)
		})
	}
	becomes("in_review")
	_, err := w.authorize(order, "card_approve")
	requireUnavailable(t, err)
	assert.Contains(t, w.show(order).Operations[0].Problem, `"in_review"`)
	problems, err := w.store.Problems(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 1, problems, "the figure that calls an operator")
	requireUnavailable(t, w.void(order))
	becomes("expired")
	w.eventually(order, "expired/succeeded")
	problems, err = w.store.Problems(t.Context())
	require.NoError(t, err)
	assert.Zero(t, problems)
	require.NoError(t, w.void(order))
}
