// Package providertest is what the adapter of every payment provider must pass: a test of the
// adapter's own package calls Run. It goes through the provider's own door, a sandbox or a
// simulator, with a wire in between that the suite cuts, holds up and lies on, because those are
// the moments at which money gets lost.
package providertest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
)

// Adapter is an adapter as the suite needs it.
type Adapter struct {
	// New makes the adapter for the provider at a URL. Each of its calls ends within the time-out.
	New func(url string, timeout time.Duration) (provider.Provider, error)
	// URL is where the provider itself is.
	URL string
	// Secret is what no error may show: the key at the provider.
	Secret string
	// Currency in which it takes the suite's amounts, 1 and 1234 minor units.
	Currency string
	// Approved is a payment method from which the amount is held.
	Approved string
	// Declined is one that is declined with DeclineCode.
	Declined, DeclineCode string
	// Unknown is one that the provider has never heard of. To the shopper that is a decline too.
	Unknown string
	// Indexed is how long the provider takes until a lookup finds what was done.
	// PAYMENT_LOOKUP_DEADLINE has to be longer. 0 means at once.
	Indexed time.Duration
}

const (
	amount  = 1234
	timeout = 10 * time.Second
	// hasty is the time-out of calls that are to run into it.
	hasty = 200 * time.Millisecond
	// keyLength of every idempotency key, in characters: some providers take no more.
	keyLength = 64
)

// Run tests the adapter.
func Run(t *testing.T, a Adapter) {
	require.NotEmpty(t, a.Approved, "the suite needs a payment method that is approved")
	require.NotEmpty(t, a.Declined, "the suite needs a payment method that is declined")
	for name, test := range map[string]func(*world){
		"what is authorized is held, once, and can be looked up":        authorizes,
		"two requests of an order are two, and lookups tell them apart": tellsRequestsApart,
		"a declined payment method is a fact, with its code":            declines,
		"a payment method that nobody knows is a decline":               declinesTheUnknown,
		"the same key with another amount is not confirmed":             refusesAnotherAmount,
		"what is held is given back, however often it is asked":         voids,
		"what was never held cannot be given back":                      voidsNothingElse,
		"a request that nobody sent is not found":                       findsNothing,
		"a request that was lost had no effect and can be sent again":   survivesALostRequest,
		"an effect whose answer was lost is found, and not repeated":    survivesALostAnswer,
		"a void whose answer was lost can be repeated":                  survivesALostVoid,
		"many at once hold the amount once":                             holdsOnceAmongMany,
		"no call takes longer than its time-out":                        endsInTime,
		"a caller that hangs up is let go":                              endsWithItsCaller,
		"an answer that is not the provider's is no fact":               believesNobodyElse,
		"what the provider says of another amount is not made right":    repeatsWhatWasSaid,
		"texts of any kind and length do not hide a decline":            bearsAnyText,
		"the provider is told nothing of our traces":                    tellsNothingOfTraces,
		"a redirect is not followed with the key":                       staysWhereItIs,
		"a part is captured, once, and the provider says what is left":  captures,
		"several parts are captured, and the rest is given back":        capturesInParts,
		"a final capture leaves nothing open":                           capturesTheRestOnce,
		"a capture that was lost can be sent again, and is found":       survivesALostCapture,
		"many captures at once with one key are one":                    capturesOnceAmongMany,
		"a part of a capture is refunded, once":                         refunds,
		"a refund whose answer was lost is found, and not repeated":     survivesALostRefund,
		"what is not there is neither captured nor refunded":            movesNothingElse,
		"what the provider says of another capture is not made right":   repeatsWhatWasSaidOfMovements,
		"the list has every record as it is, and then what changes":     lists,
	} {
		t.Run(name, func(t *testing.T) { test(newWorld(t, a)) })
	}
}

// world is the adapter, the wire, and one order.
type world struct {
	*testing.T
	Adapter
	wire     *wire
	provider provider.Provider
	order    string
}

func newWorld(t *testing.T, a Adapter) *world {
	w := &world{T: t, Adapter: a, wire: newWire(t, a.URL), order: uuid.NewString()}
	w.provider = w.patient(timeout)
	return w
}

// patient is the adapter with a time-out.
func (w *world) patient(timeout time.Duration) provider.Provider {
	w.Helper()
	made, err := w.New(w.wire.url, timeout)
	require.NoError(w, err)
	return made
}

func (w *world) key() string { return w.keyOf("authorize") }

// keyOf is another key of the order's for each name.
func (w *world) keyOf(name string) string {
	sum := sha256.Sum256([]byte(w.order + "/" + name))
	return hex.EncodeToString(sum[:])[:keyLength]
}

func (w *world) wish(method string) provider.Authorization {
	return provider.Authorization{Key: w.key(), OrderID: w.order, Money: w.money(), PaymentMethod: method}
}

func (w *world) money() domain.Money { return domain.Money{Amount: amount, Currency: w.Currency} }

// held authorizes and returns what is to be given back.
func (w *world) held(wish provider.Authorization) provider.Held {
	w.Helper()
	fact, err := w.provider.Authorize(w.Context(), wish)
	require.NoError(w, err)
	require.Equal(w, provider.Authorized, fact.Kind, "%+v", fact)
	w.requireMoneyFact(fact)
	return provider.Held{OrderID: w.order, Reference: fact.Reference, Money: fact.Money}
}

// requireMoneyFact asserts that a fact of what is or was held says which and how much, for
// comparing.
func (w *world) requireMoneyFact(fact provider.Fact) {
	w.Helper()
	require.NotEmpty(w, fact.Reference, "what is held has a name, or nobody could give it back")
	require.Equal(w, w.money(), fact.Money, "%+v", fact)
	require.Equal(w, w.order, fact.OrderID, "%+v", fact)
}

// voided gives back and asserts that it is said.
func (w *world) voided(key string, held provider.Held) {
	w.Helper()
	fact, err := w.provider.Void(w.Context(), w.keyOf(key), held)
	require.NoError(w, err)
	require.Equal(w, provider.Voided, fact.Kind)
	require.Equal(w, held.Reference, fact.Reference)
	w.requireMoneyFact(fact)
}

// found waits until a lookup of the key answers a kind, at most as long as the provider says it may
// take.
func (w *world) found(key string, kind provider.Kind) provider.Fact {
	w.Helper()
	deadline := time.Now().Add(w.Indexed)
	for pause := time.Millisecond; ; pause = min(2*pause, time.Second) {
		fact, err := w.provider.Lookup(w.Context(), w.order, key)
		require.NoError(w, err)
		if fact.Kind == kind {
			if kind == provider.Authorized || kind == provider.Voided {
				w.requireMoneyFact(fact)
				require.Equal(w, key, fact.Key, "a lookup tells requests apart by their keys")
			}
			return fact
		}
		if time.Now().After(deadline) {
			require.Equal(w, kind, fact.Kind, "looked up for %s: %+v", w.Indexed, fact)
		}
		time.Sleep(pause)
	}
}

// requireOpen asserts how many authorizations of the order the provider holds, when it can tell.
func (w *world) requireOpen(open int) {
	w.Helper()
	statements, can := w.provider.(provider.Statements)
	if !can {
		return
	}
	entries, err := statements.Statement(w.Context(), w.order)
	require.NoError(w, err)
	count := 0
	for _, entry := range entries {
		if entry.Taken() {
			count++
			assert.Equal(w, w.money(), entry.Money, "%+v", entry)
			assert.NotEmpty(w, entry.Reference, "%+v", entry)
			assert.NotEmpty(w, entry.Key, "%+v: an auditor compares by the key", entry)
		}
	}
	require.Equal(w, open, count, "what the provider holds: %+v", entries)
}

// noFact asserts that a call ended without one, and without the secret in its error.
func (w *world) noFact(fact provider.Fact, err error, what string, values ...any) {
	w.Helper()
	what = fmt.Sprintf(what, values...)
	if assert.Errorf(w, err, "%s: %+v is made of it", what, fact) && w.Secret != "" {
		assert.NotContains(w, err.Error(), w.Secret, what)
	}
}

// sameOrNone asserts of an answer in which a value was replaced that the fact has the replacement,
// where the provider said the value at all, or that there is no fact.
func (w *world) sameOrNone(fact provider.Fact, err error, replacement, what string, values ...any) {
	w.Helper()
	if err != nil || fact.Kind == provider.NotFound {
		return
	}
	said := fmt.Sprint(fact.Amount, " ", fact.Currency, " ", fact.OrderID, " ", fact.Key, " ", fact.Reference)
	unsaid := fact.Key == "" && replacement == w.keyOf("another") // an answer need not repeat the key
	assert.Truef(w, unsaid || strings.Contains(strings.ToLower(said), strings.ToLower(replacement)), what+": %+v", append(values, fact)...)
}
