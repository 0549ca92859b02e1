package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	paymentsv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/payments/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// An operator says under which reference the provider has what a step did. Only what agrees is taken
// over.
func TestAnUnknownOutcomeIsSettledByAReferenceThatAgrees(t *testing.T) {
	w := newWorld(t, hasty, time.Hour)
	order, other := newOrder(), newOrder()
	_, err := w.authorize(other, "card_approve")
	require.NoError(t, err)
	w.wire.says(func(*http.Request, int, string) (int, string) { return http.StatusBadGateway, "lost" })
	_, err = w.authorize(order, "card_approve")
	requireUnavailable(t, err)
	require.Equal(t, "sending", w.state(order))

	require.Equal(t, "", refusedSettlement(t, w, order, "anything"), "the books cannot be read")
	w.wire.says(nil)
	assert.Contains(t, refusedSettlement(t, w, order, "auth_unheard_of"), "nothing under")
	assert.Contains(t, refusedSettlement(t, w, order, reference(w, other)), "nothing under", "another order's")
	assert.Contains(t, refusedSettlement(t, w, newOrder(), reference(w, order)), "nothing was asked")
	require.Equal(t, "sending", w.state(order), "nothing is taken on anybody's word")

	w.wire.says(func(_ *http.Request, status int, body string) (int, string) {
		return status, strings.ReplaceAll(body, `"amount":1234`, `"amount":1235`)
	})
	assert.Contains(t, refusedSettlement(t, w, order, reference(w, order)), "not what was asked for", "another amount")
	w.wire.says(nil)

	_, err = w.client.Settle(asService(t), &paymentsv1.SettleRequest{Step: stepOf(order), ProviderReference: reference(w, order)})
	require.NoError(t, err)
	assert.Equal(t, "authorized", w.state(order))
	_, err = w.authorize(order, "card_approve")
	require.NoError(t, err, "the step is answered from the journal")
	w.requireBooks(order, 1, 1)
}

// refusedSettlement returns why a settlement was refused; empty when the provider's books could not be
// read.
func refusedSettlement(t *testing.T, w *world, order, reference string) string {
	t.Helper()
	_, err := w.client.Settle(asService(t), &paymentsv1.SettleRequest{Step: stepOf(order), ProviderReference: reference})
	r, refused := refusal.As(err)
	if !refused {
		requireUnavailable(t, err)
		return ""
	}
	require.Equal(t, refusals.SettlementDisagrees, r.Reason)
	return r.Message
}

// reference is the provider's name of an order's authorization.
func reference(w *world, order string) string {
	w.t.Helper()
	var books struct {
		Authorizations []struct{ ID string }
	}
	w.provider.read("/v1/statement?reference="+order, &books)
	require.Len(w.t, books.Authorizations, 1)
	return books.Authorizations[0].ID
}
