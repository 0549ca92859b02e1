package main

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/text"
)

var oddTexts = map[string]string{
	"a NUL":             `The card \u0000was declined.`,
	"an escape":         `\u001b[2JThe card was declined.`,
	"another direction": `The card \u202ewas declined.`,
	"half a character":  `The card \ud800was declined.`,
	"invisible ones":    `\u200b\u2060`,
	"line ends":         `The card\r\nwas\u2028declined.`,
	"900 KB":            strings.Repeat("The card was declined. ", 40_000),
}

// Whatever a provider writes, its no is recorded and told, in words that can be kept and shown.
func TestAProvidersTextNeverKeepsItsAnswerFromBeingRecorded(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	for name, odd := range oddTexts {
		order := newOrder()
		w.wire.says(func(_ *http.Request, status int, body string) (int, string) {
			return status, strings.NewReplacer(`The card was declined by its issuer.`, odd, `"card_declined"`, `"`+odd+`"`).Replace(body)
		})
		_, err := w.authorize(order, "card_declined")
		details := requireRefused(t, refusals.PaymentDeclined, err)
		refused, _ := refusal.As(err)
		for _, told := range []string{refused.Message, details} {
			requireTellable(t, told, name)
		}
		assert.Equal(t, "declined", w.state(order), name)
	}
}

func TestAProvidersErrorIsToldAndKeptInBounds(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	for name, odd := range oddTexts {
		order := newOrder()
		w.wire.says(func(*http.Request, int, string) (int, string) {
			return http.StatusInternalServerError, `{"code":"` + odd + `","detail":"` + odd + `"}`
		})
		_, err := w.authorize(order, "card_approve")
		requireUnavailable(t, err)
		requireTellable(t, status.Convert(err).Message(), name)
		requireTellable(t, w.show(order).Operations[0].LastError, name)

		w.wire.says(func(_ *http.Request, status int, body string) (int, string) {
			return status, strings.ReplaceAll(body, `"status":"authorized"`, `"status":"`+odd+`"`)
		})
		_, err = w.authorize(order, "card_approve")
		requireUnavailable(t, err)
		requireTellable(t, status.Convert(err).Message(), name)
		requireTellable(t, w.show(order).Operations[0].Problem, name)
	}
}

// A name with characters that are not kept could never be asked for again.
func TestAReferenceThatCannotBeKeptIsForAnOperator(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	order := newOrder()
	w.wire.says(func(_ *http.Request, status int, body string) (int, string) {
		return status, strings.ReplaceAll(body, `"id":"auth_`, `"id":"\u0000auth_`)
	})
	_, err := w.authorize(order, "card_approve")
	requireUnavailable(t, err)
	assert.Contains(t, w.show(order).Operations[0].Problem, "under the name")
}

// Five messages of 900 KB are more than is read of one answer.
func TestLongMessagesDoNotKeepTheListFromBeingRead(t *testing.T) {
	w := newWorld(t, hasty, time.Second)
	w.startObserver()
	for range 5 {
		_, err := w.authorize(newOrder(), "card_odd_text")
		requireRefused(t, refusals.PaymentDeclined, err)
	}
	p := w.pay("card_approve")
	w.provider.simulate("authorization/"+p.reference+"/voided", "")
	p.eventuallyState("authorize", "voided")
	none, records := w.differences()
	assert.Empty(t, none)
	assert.Equal(t, 6, records)
}

// One record that nobody understands is told of, and the others are compared.
func TestARecordThatIsNotUnderstoodIsADifference(t *testing.T) {
	w := newWorld(t, hasty, time.Hour)
	w.startObserver()
	require.Equal(t, http.StatusCreated, w.provider.post("/v1/authorizations",
		`{"reference":"`+newOrder()+`","amount":150,"currency":"ISK","source":"card_approve"}`).StatusCode)
	p := w.pay("card_approve")
	w.provider.simulate("authorization/"+p.reference+"/voided", "")
	p.eventuallyState("authorize", "voided")
	found, records := w.differences()
	assert.Equal(t, 2, records)
	require.Len(t, found, 1)
	assert.Contains(t, found[0].Problem, "which is not known here")
}

func requireTellable(t *testing.T, told, what string) {
	t.Helper()
	require.NotEmpty(t, told, what)
	require.Less(t, utf8.RuneCountInString(told), 1500, "%s: %s…", what, told[:min(len(told), 100)])
	require.NoError(t, text.Check(told), what)
}
