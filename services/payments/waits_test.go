package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// eventually waits until the order's payment is in a state.
func (w *world) eventually(order, state string) {
	w.t.Helper()
	testkit.Eventually(w.t, "the payment to be "+state, func() bool { return w.state(order) == state })
}

// waitUntilCharged waits until the provider has made an authorization, whether or not anybody was
// told.
func (w *world) waitUntilCharged(order string) {
	w.t.Helper()
	testkit.Eventually(w.t, "the provider to have authorized", func() bool { return w.provider.books(order).AuthorizeEffects > 0 })
}

// testVoidUntilDone asks again as a saga does.
func testVoidUntilDone(t *testing.T, w *world, order string) {
	t.Helper()
	testkit.Eventually(t, "the undo to be done", func() bool {
		err := w.void(order)
		if err != nil {
			requireUnavailable(t, err)
		}
		return err == nil
	})
}

func (w *world) requireGet(order, subject string, status int) {
	w.t.Helper()
	var scopes []string
	if subject == "operator" {
		scopes = []string{auth.ScopeOperator}
	}
	answer := w.get(order, testkit.Token(w.t, subject, scopes...))
	require.Equal(w.t, status, answer.Code, "%s asks for %s: %s", subject, order, answer.Body.String())
}
