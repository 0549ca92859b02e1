package main

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEachCardDoesWhatItsTableSays(t *testing.T) {
	p := start(t, newBooksFile(t), 50*time.Millisecond)
	for source, want := range map[string]struct {
		answers     []int // of successive POSTs with one key
		declineCode string
		books       []Status
	}{
		"card_approve":            {answers: []int{201, 201}, books: []Status{StatusAuthorized}},
		"card_declined":           {answers: []int{402, 402}, declineCode: "card_declined", books: []Status{StatusDeclined}},
		"card_insufficient_funds": {answers: []int{402, 402}, declineCode: "insufficient_funds", books: []Status{StatusDeclined}},
		"card_expired":            {answers: []int{402, 402}, declineCode: "expired_card", books: []Status{StatusDeclined}},
		"card_slow":               {answers: []int{201, 201}, books: []Status{StatusAuthorized}},
		"card_slow_effect":        {answers: []int{201, 201}, books: []Status{StatusAuthorized}},
		"card_error":              {answers: []int{500, 500, 500, 500}},
		"card_error_after_effect": {answers: []int{500, 500, 500}, books: []Status{StatusAuthorized}},
		"card_flaky":              {answers: []int{503, 503, 201, 201}, books: []Status{StatusAuthorized}},
		"card_other_amount":       {answers: []int{500, 500}, books: []Status{StatusAuthorized}},
		"card_odd_text":           {answers: []int{402, 402}, declineCode: "odd_text", books: []Status{StatusDeclined}},
	} {
		t.Run(source, func(t *testing.T) {
			var last reply
			for i, code := range want.answers {
				last = p.authorize("key-"+source, "order-"+source, source)
				require.Equal(t, code, last.code, "POST %d: %s", i+1, last.body)
			}
			assert.Equal(t, want.declineCode, last.fields.DeclineCode)
			var got []Status
			for _, a := range p.lookup("order-" + source) {
				got = append(got, a.Status)
				assert.Equal(t, "key-"+source, a.IdempotencyKey)
				assert.Equal(t, want.declineCode, a.DeclineCode)
			}
			assert.Equal(t, want.books, got, "what the lookup tells")
		})
	}
	require.Len(t, cards, 11+19, "a card was added: describe what it does here, or in TestWhatHappensLaterIsAsTheCardSays")
}

func TestARepeatedKeyAnswersTheSameAndHasOneEffect(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	first := p.authorize("key", "order", "card_approve")
	require.Equal(t, 201, first.code, first.body)
	assert.False(t, first.replayed())

	again := p.do("POST", "/v1/authorizations",
		`{ "source":"card_approve", "currency":"GBP", "amount":1234, "reference":"order" }`, "Idempotency-Key", "key")
	assert.Equal(t, first.body, again.body, "the same wish, spelled otherwise")
	assert.True(t, again.replayed())
	assert.Equal(t, []ReferenceTotals{{Reference: "order", AuthorizeEffects: 1, Open: 1}}, p.books("order").References)
}

func TestAKeyCannotBeUsedForAnotherRequest(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	first := p.authorize("key", "order", "card_approve")

	other := p.authorize("key", "another-order", "card_approve")
	assert.Equal(t, 422, other.code)
	assert.Equal(t, "idempotency_key_reused", other.fields.Code)
	assert.Equal(t, 422, p.void("key", first.fields.ID).code, "the key's scope is the whole provider")
	assert.Empty(t, p.lookup("another-order"))
	assert.Equal(t, StatusAuthorized, p.lookup("order")[0].Status)
}

func TestConcurrentRequestsWithOneKeyHaveOneEffect(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	var waiting []<-chan reply
	for range 20 {
		waiting = append(waiting, p.authorizeInBackground(context.Background(), "key", "order", "card_approve"))
	}
	ids, fresh := map[string]bool{}, 0
	for _, answered := range waiting {
		r := <-answered
		require.Equal(t, 201, r.code, r.body)
		ids[r.fields.ID] = true
		if !r.replayed() {
			fresh++
		}
	}
	assert.Len(t, ids, 1, "all are told the same authorization")
	assert.Equal(t, 1, fresh, "all but one are told that it is a replay")
	assert.Equal(t, 1, p.books("order").References[0].AuthorizeEffects)
}

func TestTheBooksMayHaveAnotherAmount(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	p.authorize("key", "order", "card_other_amount")
	assert.EqualValues(t, 1233, p.lookup("order")[0].Amount)
}

func TestTwoKeysAreTwoCharges(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	p.authorize("key-1", "order", "card_approve")
	p.authorize("key-2", "order", "card_approve")
	assert.Equal(t, 2, p.books("order").References[0].AuthorizeEffects, "a double charge shows in the books")
}

func TestASlowAnswerComesAfterItsEffect(t *testing.T) {
	p := start(t, newBooksFile(t), time.Hour)
	ctx, hangUp := context.WithCancel(context.Background())
	answered := p.authorizeInBackground(ctx, "key", "order", "card_slow")
	p.waitUntil("the effect of a request that has no answer yet", func() bool { return len(p.lookup("order")) == 1 })
	hangUp()
	_, ok := <-answered
	require.False(t, ok, "the answer must not be there for an hour")

	again := p.authorize("key", "order", "card_slow")
	assert.Equal(t, 201, again.code, "the client that asks again need not wait")
	assert.True(t, again.replayed())
	assert.Equal(t, p.lookup("order")[0].ID, again.fields.ID)
}

func TestASlowEffectIsInProgressUntilItHappens(t *testing.T) {
	p := start(t, newBooksFile(t), time.Hour)
	ctx, hangUp := context.WithCancel(context.Background())
	defer hangUp()
	p.authorizeInBackground(ctx, "key", "order", "card_slow_effect")
	var r reply
	p.waitUntil("the refusal of a second request with the key", func() bool {
		// Whichever of the two comes first waits for an hour: do not wait with it.
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		r, _ = p.try(ctx, "POST", "/v1/authorizations", wish("order", "card_slow_effect"), "Idempotency-Key", "key")
		return r.code == http.StatusConflict
	})
	assert.Equal(t, "in_progress", r.fields.Code)
	assert.Equal(t, "1", r.header.Get("Retry-After"))
	assert.Empty(t, p.lookup("order"), "not found, and yet it will be there")
	assert.Equal(t, 422, p.authorize("key", "another-order", "card_slow_effect").code)
}

func TestASlowEffectHappensAlthoughTheClientHungUp(t *testing.T) {
	p := start(t, newBooksFile(t), 300*time.Millisecond)
	ctx, hangUp := context.WithCancel(context.Background())
	answered := p.authorizeInBackground(ctx, "key", "order", "card_slow_effect")
	p.waitUntilAccepted("key")
	hangUp()
	<-answered

	p.waitUntil("the late effect", func() bool { return len(p.lookup("order")) == 1 })
	again := p.authorize("key", "order", "card_slow_effect")
	assert.Equal(t, 201, again.code)
	assert.Equal(t, p.lookup("order")[0].ID, again.fields.ID)
}

func TestManyOrdersAtOnceAreEachChargedOnce(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	var wg sync.WaitGroup
	for i := range 50 {
		name := "order-" + string(rune('A'+i))
		wg.Go(func() {
			for range 3 {
				<-p.authorizeInBackground(context.Background(), "key-"+name, name, "card_flaky")
			}
		})
	}
	wg.Wait()
	audit := p.books("")
	require.Len(t, audit.References, 50)
	for _, ref := range audit.References {
		assert.Equal(t, 1, ref.AuthorizeEffects, ref.Reference)
	}
	require.Len(t, audit.Totals, 1)
	assert.Equal(t, 50, audit.Totals[0].Count)
	assert.EqualValues(t, 50*1234, audit.Totals[0].Amount.Int64())
}
