package main

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (p *paysim) capture(key, authorization string, amount int64) reply {
	p.t.Helper()
	return p.do("POST", "/v1/authorizations/"+authorization+"/captures", fmt.Sprintf(`{"amount":%d}`, amount), "Idempotency-Key", key)
}

func (p *paysim) refund(key, capture string, amount int64) reply {
	p.t.Helper()
	return p.do("POST", "/v1/captures/"+capture+"/refunds", fmt.Sprintf(`{"amount":%d}`, amount), "Idempotency-Key", key)
}

func (p *paysim) statement(reference string) Entries {
	p.t.Helper()
	return p.entries("/v1/statement?reference=" + reference)
}

func (p *paysim) entries(path string) (found Entries) {
	p.t.Helper()
	r := p.do("GET", path, "")
	require.Equal(p.t, 200, r.code, r.body)
	require.NoError(p.t, json.Unmarshal([]byte(r.body), &found))
	return found
}

// requireSums asserts that every authorization is the sum of its parts.
func (p *paysim) requireSums(reference string) Authorization {
	p.t.Helper()
	a := p.lookup(reference)[0]
	require.Equal(p.t, a.Amount, a.Open+a.Captured+a.Voided+a.Expired, "%+v", a)
	return a
}

func TestAnAuthorizationIsCapturedInParts(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	id := p.authorize("authorize", "order", "card_approve").fields.ID
	first := p.capture("first", id, 1000)
	require.Equal(t, 201, first.code, first.body)
	assert.Equal(t, first.body, p.capture("first", id, 1000).body, "once per key")
	a := p.requireSums("order")
	assert.EqualValues(t, 234, a.Open)
	assert.Equal(t, StatusAuthorized, a.Status)

	more := p.capture("more", id, 235)
	assert.Equal(t, 402, more.code)
	assert.Contains(t, more.body, "amount_too_large")
	require.Equal(t, 201, p.capture("second", id, 34).code)
	require.Equal(t, 200, p.void("void", id).code)
	a = p.requireSums("order")
	assert.EqualValues(t, []int64{0, 1034, 200}, []int64{a.Open, a.Captured, a.Voided})
	assert.Equal(t, StatusVoided, a.Status)
	assert.Equal(t, 402, p.capture("late", id, 1).code)

	refunded := p.refund("refund", first.fields.ID, 1000)
	require.Equal(t, 201, refunded.code, refunded.body)
	assert.Equal(t, 402, p.refund("too-much", first.fields.ID, 1).code)
	balance := p.books("order").Balances[0]
	assert.Equal(t, "34", balance.Balance.String())
	assert.Len(t, p.statement("order").Captures, 4, "failed ones too")
}

// after lets an authorization, a capture and a refund of a card happen, and waits for what comes
// later.
func (p *paysim) after(source string, done func(Entries) bool) Entries {
	p.t.Helper()
	id := p.authorize("authorize-"+source, source, source).fields.ID
	for range 3 {
		p.capture("capture-"+source, id, 1234)
	}
	for _, c := range p.statement(source).Captures {
		for range 3 {
			p.refund("refund-"+source, c.ID, 200)
		}
	}
	p.waitUntil("what comes later of "+source, func() bool { return done(p.statement(source)) })
	p.requireSums(source)
	return p.statement(source)
}

func TestWhatHappensLaterIsAsTheCardSays(t *testing.T) {
	p := start(t, newBooksFile(t), 50*time.Millisecond)
	capture := func(want Status) func(Entries) bool {
		return func(e Entries) bool { return len(e.Captures) == 1 && e.Captures[0].Status == want }
	}
	refund := func(want Status) func(Entries) bool {
		return func(e Entries) bool { return len(e.Refunds) == 1 && e.Refunds[0].Status == want }
	}
	dispute := func(want Status) func(Entries) bool {
		return func(e Entries) bool { return len(e.Disputes) == 1 && e.Disputes[0].Status == want }
	}
	for source, done := range map[string]func(Entries) bool{
		"card_capture_declined": capture(StatusFailed),
		"card_capture_pending":  capture(StatusSucceeded),
		"card_capture_fails":    capture(StatusFailed),
		"card_capture_error":    capture(StatusSucceeded),
		"card_capture_flaky":    capture(StatusSucceeded),
		"card_refund_declined":  refund(StatusFailed),
		"card_refund_pending":   refund(StatusSucceeded),
		"card_refund_fails":     refund(StatusFailed),
		"card_refund_reversed":  refund(StatusFailed),
		"card_refund_error":     refund(StatusSucceeded),
		"card_disputed":         dispute(StatusOpen),
		"card_dispute_won":      dispute(StatusWon),
		"card_dispute_lost":     dispute(StatusLost),
	} {
		p.after(source, done)
	}
	for _, balance := range p.books("card_dispute_lost").Balances {
		assert.Equal(t, "-1500", balance.Balance.String(), "the amount and the fee are gone")
	}
	assert.Equal(t, "1234", p.books("card_refund_fails").Balances[0].Balance.String(), "what was not refunded is still ours")
}

func TestAnAuthorizationEndsByItself(t *testing.T) {
	p := start(t, newBooksFile(t), 50*time.Millisecond)
	for source, want := range map[string]Status{"card_expires": StatusExpired, "card_voided_outside": StatusVoided} {
		p.authorize("key-"+source, source, source)
		p.waitUntil("the end of "+source, func() bool { return p.lookup(source)[0].Status == want })
		p.requireSums(source)
		assert.Zero(t, p.books(source).References[0].Open)
	}
}

func TestACardThatIsCapturedOnceGivesTheRestBack(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	id := p.authorize("authorize", "order", "card_capture_once").fields.ID
	require.Equal(t, 201, p.capture("capture", id, 1000).code)
	a := p.requireSums("order")
	assert.EqualValues(t, 234, a.Voided)
	assert.Equal(t, StatusCaptured, a.Status)
	assert.Contains(t, p.capture("again", id, 1).body, "authorization_captured")
}

func TestACaptureThatFailsLaterIsGivenBack(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	id := p.authorize("authorize", "order", "card_approve").fields.ID
	captured := p.capture("capture", id, 1000).fields.ID
	require.Equal(t, 204, p.do("POST", "/v1/simulate/capture/"+captured+"/failed", "").code)
	a := p.requireSums("order")
	assert.EqualValues(t, []int64{234, 0, 1000}, []int64{a.Open, a.Captured, a.Voided})
	assert.Equal(t, 402, p.refund("refund", captured, 1).code)
	assert.Equal(t, 409, p.do("POST", "/v1/simulate/capture/"+captured+"/won", "").code)
	assert.Equal(t, 404, p.do("POST", "/v1/simulate/capture/capt_x/failed", "").code)
}

func TestADisputeTakesNoMoreThanIsLeft(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	id := p.authorize("authorize", "order", "card_approve").fields.ID
	captured := p.capture("capture", id, 1234).fields.ID
	require.Equal(t, 201, p.refund("refund", captured, 234).code)
	path := "/v1/simulate/capture/" + captured + "/disputed"
	assert.Equal(t, 409, p.do("POST", path, `{"amount":1001,"fee":0}`).code)
	opened := p.do("POST", path, `{"amount":600,"fee":100}`)
	require.Equal(t, 201, opened.code, opened.body)
	assert.Equal(t, 402, p.refund("too-much", captured, 401).code)
	assert.Equal(t, "300", p.books("order").Balances[0].Balance.String())
	require.Equal(t, 204, p.do("POST", "/v1/simulate/dispute/"+opened.fields.ID+"/won", "").code)
	assert.Equal(t, "900", p.books("order").Balances[0].Balance.String(), "the fee stays")
	assert.Equal(t, 201, p.refund("refund-more", captured, 1000).code)
}

// A key that was forgotten makes the same request a new one: that is what a client must not run
// into.
func TestAKeyIsForgottenAfterItsLifetime(t *testing.T) {
	file := newBooksFile(t)
	p := start(t, file, time.Second)
	id := p.authorize("authorize", "order", "card_approve").fields.ID
	first := p.capture("capture", id, 100)
	require.Equal(t, 204, p.do("POST", "/v1/simulate/forget-keys", "").code)
	assert.NotEqual(t, first.fields.ID, p.capture("capture", id, 100).fields.ID)
	p.kill()

	cmd := command(t, file, time.Second)
	p = startCommand(t, cmd, "PAYSIM_KEY_LIFETIME=1ns")
	assert.Equal(t, 201, p.capture("capture", id, 100).code)
	assert.EqualValues(t, 300, p.requireSums("order").Captured)
}

func TestTheListHasEveryRecordAndThenWhatChanges(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	id := p.authorize("authorize", "order", "card_approve").fields.ID
	captured := p.capture("capture", id, 1000).fields.ID
	p.refund("refund", captured, 10)
	p.authorize("authorize-2", "order-2", "card_declined")

	after, seen := uint64(0), map[string]int{}
	for more := true; more; {
		page := p.entries(fmt.Sprintf("/v1/list?limit=1&after=%d", after))
		for _, a := range page.Authorizations {
			seen[a.ID]++
		}
		for _, c := range page.Captures {
			seen[c.ID]++
			assert.EqualValues(t, 10, c.Refunded)
		}
		for _, r := range page.Refunds {
			seen[r.ID]++
		}
		after, more = page.Next, page.More
	}
	assert.Len(t, seen, 4)
	for id, times := range seen {
		assert.Equal(t, 1, times, id)
	}
	p.void("void", id)
	changed := p.entries(fmt.Sprintf("/v1/list?after=%d", after))
	require.Len(t, changed.Authorizations, 1)
	assert.Equal(t, StatusVoided, changed.Authorizations[0].Status)
	assert.Empty(t, changed.Captures)
	assert.Equal(t, 400, p.do("GET", "/v1/list?after=x", "").code)
	assert.Equal(t, 400, p.do("GET", "/v1/list?limit=0", "").code)
}
