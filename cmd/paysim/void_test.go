package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVoidGivesTheHoldBackOnceAndSaysSoAgain(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	id := p.authorize("authorize", "order", "card_approve").fields.ID

	first := p.void("void-1", id)
	require.Equal(t, 200, first.code, first.body)
	assert.Equal(t, "voided", first.fields.Status)

	again := p.void("void-1", id)
	assert.Equal(t, first.body, again.body)
	assert.True(t, again.replayed())

	other := p.void("void-2", id)
	assert.Equal(t, 200, other.code, "what is voided can be voided with another key")
	assert.Equal(t, first.body, other.body)
	assert.False(t, other.replayed())

	assert.Equal(t, []ReferenceTotals{{Reference: "order", AuthorizeEffects: 1}}, p.books("order").References)
	found := p.lookup("order")
	require.Len(t, found, 1)
	assert.Equal(t, StatusVoided, found[0].Status)
}

func TestTheAuthorizationsKeyStillAnswersAuthorizedAfterTheVoid(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	first := p.authorize("authorize", "order", "card_approve")
	p.void("void", first.fields.ID)

	again := p.authorize("authorize", "order", "card_approve")
	assert.Equal(t, first.body, again.body, "a replay is the first answer, not the present state: look that up")
	assert.Equal(t, StatusVoided, p.lookup("order")[0].Status)
}

func TestAHiddenAuthorizationCanBeFoundAndVoided(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	require.Equal(t, 500, p.authorize("authorize", "order", "card_error_after_effect").code)
	require.Equal(t, 200, p.void("void", p.lookup("order")[0].ID).code)
	assert.Zero(t, p.books("order").References[0].Open)
}

func TestADeclinedAuthorizationCannotBeVoided(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	id := p.authorize("authorize", "order", "card_declined").fields.ID
	r := p.void("void", id)
	assert.Equal(t, 409, r.code)
	assert.Equal(t, "not_voidable", r.fields.Code)
	assert.Equal(t, "application/problem+json", r.header.Get("Content-Type"))
}

func TestVoidOfNothingIsNotFoundAndLeavesTheKeyUnused(t *testing.T) {
	p := start(t, newBooksFile(t), time.Second)
	require.Equal(t, 404, p.void("void", "auth_unknown").code)
	id := p.authorize("authorize", "order", "card_approve").fields.ID
	assert.Equal(t, 200, p.void("void", id).code)
}
