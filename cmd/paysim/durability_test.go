package main

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBooksAndAnswersSurviveAKill(t *testing.T) {
	file := newBooksFile(t)
	p := start(t, file, time.Second)
	first := p.authorize("approve", "order", "card_approve")
	voided := p.void("void", first.fields.ID)
	require.Equal(t, 503, p.authorize("flaky", "flaky-order", "card_flaky").code)
	p.kill()

	p = start(t, file, time.Second)
	assert.Equal(t, first.body, p.authorize("approve", "order", "card_approve").body)
	assert.Equal(t, voided.body, p.void("void", first.fields.ID).body)
	assert.Equal(t, StatusVoided, p.lookup("order")[0].Status)
	assert.Equal(t, 503, p.authorize("flaky", "flaky-order", "card_flaky").code, "the second of two failures")
	assert.Equal(t, 201, p.authorize("flaky", "flaky-order", "card_flaky").code)
}

func TestAKillMidFlightNeitherLosesNorDoublesACharge(t *testing.T) {
	file := newBooksFile(t)
	p := start(t, file, time.Second)
	var (
		mu     sync.Mutex
		sent   []string
		told   = map[string]string{} // order -> authorization, as answered before the kill
		enough = make(chan struct{})
		wg     sync.WaitGroup
	)
	for client := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				order := fmt.Sprintf("order-%d-%d", client, i)
				mu.Lock()
				sent = append(sent, order)
				mu.Unlock()
				r, err := p.try(context.Background(), "POST", "/v1/authorizations", wish(order, "card_approve"), "Idempotency-Key", order)
				if err != nil {
					return // the process is gone
				}
				mu.Lock()
				if told[order] = r.fields.ID; len(told) == 100 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	p.kill()
	wg.Wait()

	p = start(t, file, time.Second)
	for order, id := range told {
		found := p.lookup(order)
		require.Len(t, found, 1, "%s was answered before the kill", order)
		require.Equal(t, id, found[0].ID)
	}
	for _, order := range sent {
		require.Equal(t, 201, p.authorize(order, order, "card_approve").code, order)
	}
	audit := p.books("")
	assert.Len(t, audit.References, len(sent))
	for _, ref := range audit.References {
		assert.Equal(t, 1, ref.AuthorizeEffects, ref.Reference)
	}
}

func TestASlowEffectHappensAlthoughTheProcessWasKilled(t *testing.T) {
	file := newBooksFile(t)
	p := start(t, file, time.Hour)
	ctx, hangUp := context.WithCancel(context.Background())
	defer hangUp()
	p.authorizeInBackground(ctx, "key", "order", "card_slow_effect")
	p.waitUntilAccepted("key")
	p.kill()

	p = start(t, file, 0)
	p.waitUntil("the effect that was due", func() bool { return len(p.lookup("order")) == 1 })
	r := p.authorize("key", "order", "card_slow_effect")
	assert.Equal(t, 201, r.code, r.body)
	assert.Equal(t, 1, p.books("order").References[0].AuthorizeEffects)
}

func TestSIGTERMFinishesWhatWasBegun(t *testing.T) {
	file := newBooksFile(t)
	p := start(t, file, time.Second)
	slow := p.authorizeInBackground(context.Background(), "slow", "slow-order", "card_slow")
	late := p.authorizeInBackground(context.Background(), "late", "late-order", "card_slow_effect")
	p.waitUntilAccepted("slow")
	p.waitUntilAccepted("late")
	p.signal(syscall.SIGTERM)

	assert.Equal(t, 201, (<-slow).code)
	assert.Equal(t, 201, (<-late).code)
	assert.NoError(t, p.ended(), p.logged())

	p = start(t, file, time.Second)
	assert.Len(t, p.lookup("late-order"), 1)
}

func TestTwoProgramsCannotShareTheBooks(t *testing.T) {
	file := newBooksFile(t)
	start(t, file, time.Second)
	out, err := command(t, file, time.Second).CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "another paysim is using them")
	assert.Contains(t, string(out), file)
}
