package providertest

import (
	"strconv"
	"sync"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

const (
	// taken is what the suite captures of amount, and given what it refunds of that.
	taken, given = 1021, 217
)

// authorized holds the amount, and returns what the provider says of it.
func (w *world) authorized() provider.Fact {
	w.Helper()
	fact, err := w.provider.Authorize(w.Context(), w.wish(w.Approved))
	require.NoError(w, err)
	require.Equal(w, provider.Authorized, fact.Kind)
	assert.EqualValues(w, amount, fact.Open, "what can be captured")
	assert.Zero(w, fact.Captured)
	return fact
}

func (w *world) captureOf(authorization, key string, amount int64) provider.Capture {
	return provider.Capture{
		Key: w.keyOf(key), OrderID: w.order, Authorization: authorization, Money: domain.Money{Amount: amount, Currency: w.Currency},
	}
}

func (w *world) refundOf(capture, key string, amount int64) provider.Refund {
	return provider.Refund{
		Key: w.keyOf(key), OrderID: w.order, Capture: capture, Money: domain.Money{Amount: amount, Currency: w.Currency},
	}
}

// requireMoved asserts that a capture or refund is one of this amount, done or accepted.
func (w *world) requireMoved(fact provider.Fact, err error, amount int64, key string) {
	w.Helper()
	require.NoError(w, err)
	require.Contains(w, []provider.Kind{provider.Succeeded, provider.Submitted}, fact.Kind, "%+v", fact)
	require.NotEmpty(w, fact.Reference)
	require.Equal(w, domain.Money{Amount: amount, Currency: w.Currency}, fact.Money)
	require.Equal(w, w.order, fact.OrderID)
	require.Equal(w, w.keyOf(key), fact.Key)
}

// captured takes a part of a new authorization.
func (w *world) captured() (authorization, capture provider.Fact) {
	w.Helper()
	authorization = w.authorized()
	capture, err := w.provider.Capture(w.Context(), w.captureOf(authorization.Reference, "capture", taken))
	w.requireMoved(capture, err, taken, "capture")
	return authorization, capture
}

// A provider may have accepted what the suite asks for and settle it later.
func (w *world) foundMoved(key string, amount int64) provider.Fact {
	w.Helper()
	fact, err := w.provider.Lookup(w.Context(), w.order, w.keyOf(key))
	if err == nil && fact.Kind == provider.NotFound && w.Indexed > 0 {
		w.Skipf("found only after up to %s", w.Indexed)
	}
	w.requireMoved(fact, err, amount, key)
	return fact
}

func captures(w *world) {
	authorization, capture := w.captured()
	again, err := w.provider.Capture(w.Context(), w.captureOf(authorization.Reference, "capture", taken))
	w.requireMoved(again, err, taken, "capture")
	assert.Equal(w, capture.Reference, again.Reference, "the same key is the same request")
	assert.Equal(w, capture.Reference, w.foundMoved("capture", taken).Reference)

	left := int64(0)
	if authorization.MultiCapture {
		left = amount - taken
	}
	assert.Equal(w, left, capture.Open, "what is left open is what the provider allows")
	now, err := w.provider.Lookup(w.Context(), w.order, w.key())
	require.NoError(w, err)
	assert.Equal(w, left, now.Open)
	assert.EqualValues(w, taken, now.Captured)
	w.requireOpen(1)

	more, err := w.provider.Capture(w.Context(), w.captureOf(authorization.Reference, "more", left+1))
	w.failedOrNone(more, err, "more than is open")
}

func (w *world) failedOrNone(fact provider.Fact, err error, what string) {
	w.Helper()
	if err == nil {
		assert.Equal(w, provider.Failed, fact.Kind, what)
		assert.NotEmpty(w, fact.DeclineCode, "%s: it says why", what)
	}
}

func capturesInParts(w *world) {
	authorization := w.authorized()
	if !authorization.MultiCapture {
		w.Skip("an authorization of this provider is captured once")
	}
	for part, left := range []int64{amount - 100, amount - 200} {
		key := "part-" + strconv.Itoa(part)
		fact, err := w.provider.Capture(w.Context(), w.captureOf(authorization.Reference, key, 100))
		w.requireMoved(fact, err, 100, key)
		assert.Equal(w, left, fact.Open)
	}
	fact, err := w.provider.Void(w.Context(), w.keyOf("void"), provider.Held{OrderID: w.order, Reference: authorization.Reference, Money: w.money()})
	require.NoError(w, err)
	assert.Equal(w, provider.Voided, fact.Kind, "the rest is given back")
	assert.Zero(w, fact.Open)

	// A provider that replays its first answer tells of the past; the adapter tells of the present.
	again, err := w.provider.Capture(w.Context(), w.captureOf(authorization.Reference, "part-0", 100))
	w.requireMoved(again, err, 100, "part-0")
	assert.Zero(w, again.Open)
	assert.Equal(w, provider.Voided, again.Ended)
	authorization, err = w.provider.Authorize(w.Context(), w.wish(w.Approved))
	require.NoError(w, err)
	assert.Equal(w, provider.Voided, authorization.Kind)

	late, err := w.provider.Capture(w.Context(), w.captureOf(authorization.Reference, "late", 1))
	require.NoError(w, err)
	assert.Equal(w, provider.Failed, late.Kind)
	assert.Equal(w, domain.CodeAuthorizationVoided, late.DeclineCode, "it says that the authorization is the reason")
}

func capturesTheRestOnce(w *world) {
	authorization := w.authorized()
	final := w.captureOf(authorization.Reference, "final", taken)
	final.Final = true
	fact, err := w.provider.Capture(w.Context(), final)
	w.requireMoved(fact, err, taken, "final")
	assert.Zero(w, fact.Open, "what is left was given back")
}

func survivesALostCapture(w *world) {
	authorization := w.authorized()
	request := w.captureOf(authorization.Reference, "capture", taken)
	w.wire.loseRequests()
	fact, err := w.provider.Capture(w.Context(), request)
	w.noFact(fact, err, "a request that was lost")
	w.wire.mend()
	w.found(request.Key, provider.NotFound)
	w.wire.loseAnswers()
	fact, err = w.provider.Capture(w.Context(), request)
	w.noFact(fact, err, "an answer that was lost")
	w.wire.mend()
	found := w.foundMoved("capture", taken)
	again, err := w.provider.Capture(w.Context(), request)
	w.requireMoved(again, err, taken, "capture")
	assert.Equal(w, found.Reference, again.Reference, "the same key does not capture twice")
}

func capturesOnceAmongMany(w *world) {
	authorization := w.authorized()
	var many sync.WaitGroup
	for range 8 {
		many.Go(func() { _, _ = w.provider.Capture(w.Context(), w.captureOf(authorization.Reference, "capture", 100)) })
	}
	many.Wait()
	now, err := w.provider.Lookup(w.Context(), w.order, w.key())
	require.NoError(w, err)
	assert.EqualValues(w, 100, now.Captured)
}

func refunds(w *world) {
	_, capture := w.captured()
	request := w.refundOf(capture.Reference, "refund", given)
	refund, err := w.provider.Refund(w.Context(), request)
	w.requireMoved(refund, err, given, "refund")
	again, err := w.provider.Refund(w.Context(), request)
	w.requireMoved(again, err, given, "refund")
	assert.Equal(w, refund.Reference, again.Reference, "the same key is the same request")
	assert.Equal(w, refund.Reference, w.foundMoved("refund", given).Reference)
	more, err := w.provider.Refund(w.Context(), w.refundOf(capture.Reference, "more", taken-given+1))
	w.failedOrNone(more, err, "more than was captured")

	statements, can := w.provider.(provider.Statements)
	if !can {
		return
	}
	entries, err := statements.Statement(w.Context(), w.order)
	require.NoError(w, err)
	sums := map[domain.Kind]int64{}
	for _, entry := range entries {
		assert.Equal(w, w.order, entry.OrderID)
		if entry.Kind == provider.Succeeded || entry.Kind == provider.Submitted {
			assert.NotEmpty(w, entry.Of, "%+v: of what", entry)
			sums[entry.What] += entry.Amount
		}
	}
	assert.Equal(w, map[domain.Kind]int64{domain.Capture: taken, domain.Refund: given}, sums)
}

func survivesALostRefund(w *world) {
	_, capture := w.captured()
	request := w.refundOf(capture.Reference, "refund", given)
	w.wire.loseAnswers()
	fact, err := w.provider.Refund(w.Context(), request)
	w.noFact(fact, err, "an answer that was lost")
	w.wire.mend()
	found := w.foundMoved("refund", given)
	again, err := w.provider.Refund(w.Context(), request)
	w.requireMoved(again, err, given, "refund")
	assert.Equal(w, found.Reference, again.Reference, "the same key does not refund twice")
}

func movesNothingElse(w *world) {
	w.authorized()
	fact, err := w.provider.Capture(w.Context(), w.captureOf("reference_of_nobody", "capture", taken))
	w.failedOrNone(fact, err, "a capture of what is not there")
	fact, err = w.provider.Refund(w.Context(), w.refundOf("reference_of_nobody", "refund", given))
	w.failedOrNone(fact, err, "a refund of what is not there")
}

func repeatsWhatWasSaidOfMovements(w *world) {
	authorization, capture := w.captured()
	for was, is := range map[string]string{
		strconv.Itoa(taken): strconv.Itoa(taken + 1), w.order: uuid.NewString(), capture.Reference: "another_reference", w.keyOf("capture"): w.keyOf("another"),
	} {
		w.wire.replace(was, is)
		fact, err := w.provider.Capture(w.Context(), w.captureOf(authorization.Reference, "capture", taken))
		w.sameOrNone(fact, err, is, "capture is told of %s instead of %s", is, was)
		fact, err = w.provider.Lookup(w.Context(), w.order, w.keyOf("capture"))
		w.sameOrNone(fact, err, is, "a lookup is told of %s instead of %s", is, was)
	}
}

func lists(w *world) {
	list, can := w.provider.(provider.Lists)
	if !can {
		w.Skip("this provider has no list of all orders")
	}
	end := w.end(list, "")
	authorization, capture := w.captured()
	refund, err := w.provider.Refund(w.Context(), w.refundOf(capture.Reference, "refund", given))
	w.requireMoved(refund, err, given, "refund")
	found := map[string]provider.Entry{}
	page, err := list.List(w.Context(), end)
	require.NoError(w, err)
	for _, entry := range page.Entries {
		found[entry.Reference] = entry
	}
	assert.EqualValues(w, taken, found[authorization.Reference].Captured, "each record comes as it is now")
	assert.Equal(w, authorization.Reference, found[capture.Reference].Of)
	assert.Equal(w, capture.Reference, found[refund.Reference].Of)
	assert.Equal(w, w.keyOf("refund"), found[refund.Reference].Key)

	last := w.end(list, end)
	nothing, err := list.List(w.Context(), last)
	require.NoError(w, err)
	assert.Empty(w, nothing.Entries)
	assert.Equal(w, last, nothing.Next, "the cursor stays where it is")
}

// end reads a list to its end, and returns the cursor there.
func (w *world) end(list provider.Lists, after string) string {
	w.Helper()
	for {
		page, err := list.List(w.Context(), after)
		require.NoError(w, err)
		after = page.Next
		if !page.More {
			return after
		}
	}
}
