package providertest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

func survivesALostRequest(w *world) {
	w.wire.loseRequests()
	fact, err := w.provider.Authorize(w.Context(), w.wish(w.Approved))
	w.noFact(fact, err, "a request that was lost")
	fact, err = w.provider.Lookup(w.Context(), w.order, w.key())
	w.noFact(fact, err, "a lookup that was lost: not to have heard is not to have found nothing")
	w.wire.mend()
	w.found(w.key(), provider.NotFound)
	w.held(w.wish(w.Approved))
	w.requireOpen(1)
}

// An adapter may try again by itself, with the same key: then it has the answer.
func survivesALostAnswer(w *world) {
	w.wire.loseAnswers()
	fact, err := w.provider.Authorize(w.Context(), w.wish(w.Approved))
	w.noFact(fact, err, "an answer that was lost")
	w.wire.mend()
	reference := w.found(w.key(), provider.Authorized).Reference
	assert.Equal(w, reference, w.held(w.wish(w.Approved)).Reference, "the same key does not hold the amount twice")
	w.requireOpen(1)
}

func survivesALostVoid(w *world) {
	held := w.held(w.wish(w.Approved))
	w.wire.loseAnswers()
	fact, err := w.provider.Void(w.Context(), w.keyOf("void"), held)
	w.noFact(fact, err, "a void whose answer was lost")
	w.wire.mend()
	w.voided("void", held)
	w.found(w.key(), provider.Voided)
	w.requireOpen(0)
}

// A provider may refuse a key that it is working on: that is no fact, and the caller asks again.
func holdsOnceAmongMany(w *world) {
	var many sync.WaitGroup
	references := make([]string, 8)
	for i := range references {
		many.Go(func() {
			if fact, err := w.provider.Authorize(w.Context(), w.wish(w.Approved)); err == nil && assert.Equal(w, provider.Authorized, fact.Kind) {
				references[i] = fact.Reference
			}
		})
	}
	many.Wait()
	reference := w.held(w.wish(w.Approved)).Reference
	for _, other := range references {
		if other != "" {
			assert.Equal(w, reference, other)
		}
	}
	w.requireOpen(1)
}

func endsInTime(w *world) {
	w.wire.hold(w.T)
	hurried := w.patient(hasty)
	for name, call := range w.calls(hurried) {
		// A caller of great patience, but not of endless: then the test would hang with the call.
		ctx, cancel := context.WithTimeout(w.Context(), timeout)
		begun := time.Now()
		fact, err := call(ctx)
		cancel()
		w.noFact(fact, err, name)
		assert.Less(w, time.Since(begun), timeout/2, "%s with a time-out of %s", name, hasty)
	}
}

func endsWithItsCaller(w *world) {
	w.wire.hold(w.T)
	for name, call := range w.calls(w.provider) {
		ctx, cancel := context.WithTimeout(w.Context(), hasty)
		begun := time.Now()
		fact, err := call(ctx)
		cancel()
		w.noFact(fact, err, name)
		assert.Less(w, time.Since(begun), timeout/2, "%s of a caller that left after %s", name, hasty)
	}
}

// What proxies, gateways and mistakes answer proves nothing, least of all that there is nothing.
func believesNobodyElse(w *world) {
	for _, status := range []int{
		http.StatusOK, http.StatusCreated, http.StatusNoContent, http.StatusBadRequest, http.StatusUnauthorized, http.StatusPaymentRequired,
		http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
	} {
		for _, body := range []string{"", "<html>", "null", "{}", "[]", `{"data":`} {
			if status == http.StatusNoContent && body != "" {
				continue
			}
			w.wire.answer(status, nil, body)
			for name, call := range w.calls(w.provider) {
				fact, err := call(w.Context())
				w.noFact(fact, err, "%s answered with %d %q", name, status, body)
			}
		}
	}
}

// The service compares what it is told with what it asked for, which it cannot when the adapter
// tells it what was asked. The wire changes each value in the provider's answers.
func repeatsWhatWasSaid(w *world) {
	held := w.held(w.wish(w.Approved))
	for was, is := range map[string]string{
		strconv.Itoa(amount): strconv.Itoa(amount + 1), w.Currency: "XTS",
		w.order: uuid.NewString(), held.Reference: "another_reference", w.key(): w.keyOf("another"),
	} {
		w.wire.replace(was, is, strings.ToLower(was), strings.ToLower(is))
		for name, call := range map[string]func() (provider.Fact, error){
			"authorize": func() (provider.Fact, error) { return w.provider.Authorize(w.Context(), w.wish(w.Approved)) },
			"lookup":    func() (provider.Fact, error) { return w.provider.Lookup(w.Context(), w.order, w.key()) },
		} {
			fact, err := call()
			w.sameOrNone(fact, err, is, "%s is told of %s instead of %s", name, is, was)
		}
	}
	w.wire.mend()
	w.voided("void", held)
	for was, is := range map[string]string{
		strconv.Itoa(amount): strconv.Itoa(amount + 1), w.order: uuid.NewString(), held.Reference: "another_reference",
	} {
		w.wire.replace(was, is)
		fact, err := w.provider.Void(w.Context(), w.keyOf("void"), held)
		w.sameOrNone(fact, err, is, "void is told of %s instead of %s", is, was)
	}
}

// What a provider writes for shoppers may be anything. The service cleans and bounds it; the
// adapter has to get it.
func bearsAnyText(w *world) {
	fact, err := w.provider.Authorize(w.Context(), w.wish(w.Declined))
	require.NoError(w, err)
	require.NotEmpty(w, fact.DeclineMessage)
	for name, odd := range map[string]string{
		"a NUL": `\u0000`, "an escape": `\u001b[2J`, "another direction": `\u202e`, "half a character": `\ud800`, "900 KB": strings.Repeat("long ", 180_000),
	} {
		w.wire.replace(fact.DeclineMessage, odd)
		again, err := w.provider.Authorize(w.Context(), w.wish(w.Declined))
		if assert.NoError(w, err, name) {
			assert.Equal(w, provider.Declined, again.Kind, name)
			assert.Equal(w, w.DeclineCode, again.DeclineCode, name)
		}
	}
}

// Traces and baggage are of our callers, and end with us.
func tellsNothingOfTraces(w *world) {
	before := otel.GetTextMapPropagator()
	w.Cleanup(func() { otel.SetTextMapPropagator(before) })
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	member, err := baggage.NewMember("secret", "of-a-shopper")
	require.NoError(w, err)
	carried, err := baggage.New(member)
	require.NoError(w, err)
	ctx := baggage.ContextWithBaggage(w.Context(), carried)
	ctx = trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled,
	}))
	for name, call := range w.calls(w.provider) {
		var told http.Header
		w.wire.does(func(_ http.ResponseWriter, r *http.Request) { told = r.Header })
		_, _ = call(ctx)
		require.NotEmpty(w, told, name)
		for _, header := range []string{"Traceparent", "Tracestate", "Baggage"} {
			assert.Empty(w, told.Values(header), "%s of %s", header, name)
		}
	}
}

func staysWhereItIs(w *world) {
	var reached atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	w.Cleanup(elsewhere.Close)
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
		w.wire.answer(status, http.Header{"Location": {elsewhere.URL}}, "")
		for name, call := range w.calls(w.provider) {
			fact, err := call(w.Context())
			w.noFact(fact, err, "%s answered with %d", name, status)
		}
	}
	assert.False(w, reached.Load(), "another host got a request that was not meant for it")
}

// calls are all that an adapter can be asked.
func (w *world) calls(p provider.Provider) map[string]func(context.Context) (provider.Fact, error) {
	calls := map[string]func(context.Context) (provider.Fact, error){
		"authorize": func(ctx context.Context) (provider.Fact, error) { return p.Authorize(ctx, w.wish(w.Approved)) },
		"void": func(ctx context.Context) (provider.Fact, error) {
			return p.Void(ctx, w.keyOf("void"), provider.Held{OrderID: w.order, Reference: "some_reference", Money: w.money()})
		},
		"capture": func(ctx context.Context) (provider.Fact, error) {
			return p.Capture(ctx, w.captureOf("some_reference", "capture", taken))
		},
		"refund": func(ctx context.Context) (provider.Fact, error) {
			return p.Refund(ctx, w.refundOf("some_reference", "refund", given))
		},
		"lookup": func(ctx context.Context) (provider.Fact, error) { return p.Lookup(ctx, w.order, w.key()) },
	}
	if statements, can := p.(provider.Statements); can {
		calls["statement"] = func(ctx context.Context) (provider.Fact, error) {
			_, err := statements.Statement(ctx, w.order)
			return provider.Fact{}, err
		}
	}
	if lists, can := p.(provider.Lists); can {
		calls["list"] = func(ctx context.Context) (provider.Fact, error) {
			_, err := lists.List(ctx, "")
			return provider.Fact{}, err
		}
	}
	return calls
}
