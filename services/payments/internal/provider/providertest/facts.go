package providertest

import (
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

func authorizes(w *world) {
	first := w.held(w.wish(w.Approved))
	assert.Equal(w, first, w.held(w.wish(w.Approved)), "the same key is the same request")
	assert.Equal(w, first.Reference, w.found(w.key(), provider.Authorized).Reference)
	w.requireOpen(1)
}

// An order that was given up and tried again has two: the lookup of one must not answer with the
// other.
func tellsRequestsApart(w *world) {
	again := w.wish(w.Approved)
	again.Key = w.keyOf("authorize again")
	first, second := w.held(w.wish(w.Approved)), w.held(again)
	require.NotEqual(w, first, second)
	assert.Equal(w, first.Reference, w.found(w.key(), provider.Authorized).Reference)
	assert.Equal(w, second.Reference, w.found(again.Key, provider.Authorized).Reference)
	w.requireOpen(2)
}

func declines(w *world) {
	for range 2 {
		fact, err := w.provider.Authorize(w.Context(), w.wish(w.Declined))
		require.NoError(w, err)
		assert.Equal(w, provider.Declined, fact.Kind)
		assert.Equal(w, w.DeclineCode, fact.DeclineCode)
		assert.NotEmpty(w, fact.DeclineMessage, "the shopper is shown it")
	}
	// A provider need not remember whom it declined.
	fact, err := w.provider.Lookup(w.Context(), w.order, w.key())
	require.NoError(w, err)
	assert.Contains(w, []provider.Kind{provider.Declined, provider.NotFound}, fact.Kind)
	w.requireOpen(0)
}

func declinesTheUnknown(w *world) {
	fact, err := w.provider.Authorize(w.Context(), w.wish(w.Unknown))
	require.NoError(w, err)
	assert.Equal(w, provider.Declined, fact.Kind)
	assert.NotEmpty(w, fact.DeclineCode)
	assert.NotEmpty(w, fact.DeclineMessage, "the shopper is shown it")
	w.requireOpen(0)
}

func refusesAnotherAmount(w *world) {
	w.held(w.wish(w.Approved))
	more := w.wish(w.Approved)
	more.Amount++
	fact, err := w.provider.Authorize(w.Context(), more)
	w.noFact(fact, err, "the same key with one minor unit more")
	w.requireOpen(1)
}

func voids(w *world) {
	held := w.held(w.wish(w.Approved))
	for _, key := range []string{"void", "void", "another void"} {
		w.voided(key, held)
	}
	w.found(w.key(), provider.Voided)
	w.requireOpen(0)
}

func voidsNothingElse(w *world) {
	fact, err := w.provider.Void(w.Context(), w.keyOf("void"), provider.Held{OrderID: w.order, Reference: "reference_of_nobody", Money: w.money()})
	w.noFact(fact, err, "a void of what is not there")
}

func findsNothing(w *world) {
	fact, err := w.provider.Lookup(w.Context(), w.order, w.key())
	require.NoError(w, err)
	assert.Equal(w, provider.Fact{Kind: provider.NotFound}, fact)
	w.held(w.wish(w.Approved))
	w.found(w.key(), provider.Authorized)
	fact, err = w.provider.Lookup(w.Context(), w.order, w.keyOf("authorize again"))
	require.NoError(w, err)
	assert.Equal(w, provider.NotFound, fact.Kind, "another request of the same order")
	fact, err = w.provider.Lookup(w.Context(), uuid.NewString(), w.key())
	require.NoError(w, err)
	assert.Equal(w, provider.NotFound, fact.Kind, "another order")
}
