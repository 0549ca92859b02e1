package domain

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnotherRequestUnderTheSameStepIsRefused(t *testing.T) {
	other := request
	other.Amount++
	for _, state := range States() {
		op := operationIn(string(state))
		_, err := op.Authorize(Caller{Owner: "x", Now: t0, Policy: policy}, other)
		if state == Tombstone {
			assert.NoError(t, err, "a tombstone has no request; the answer is that it was undone")
			continue
		}
		assert.ErrorIs(t, err, ErrOtherRequest, state)
	}
}

func TestAHolderThatComesBackTooLateStillBringsItsFact(t *testing.T) {
	op := operationIn("sending+")
	later := Caller{Owner: "new holder", Now: t0.Add(policy.Lease), Policy: policy}
	next, err := op.Authorize(later, request)
	require.NoError(t, err)
	require.Equal(t, Send, next, "the lease has run out")

	old := Caller{Owner: holder, Now: later.Now, Policy: policy}
	assert.Equal(t, Nothing, op.Learn(old, Finding{Kind: NoAnswer, Err: errors.New("time-out")}))
	assert.Equal(t, "new holder", op.Record().LeaseOwner, "a failure of the old holder is nobody's business any more")

	assert.Equal(t, Nothing, op.Learn(old, Finding{Kind: FoundAuthorized, ProviderReference: "auth_1"}))
	assert.Equal(t, Authorized, op.State(), "a fact is a fact")
	assert.Equal(t, Nothing, op.Learn(later, Finding{Kind: FoundAuthorized, ProviderReference: "auth_1"}))
}

func TestTheHolderOfTheLeaseGivesBackWhatAnotherFound(t *testing.T) {
	op := operationIn("void_requested")
	new := Caller{Owner: "new holder", Now: t0.Add(time.Second), Policy: policy}
	require.Equal(t, LookUp, op.Void(new))
	old := Caller{Owner: holder, Now: new.Now, Policy: policy}
	assert.Equal(t, Wait, op.Learn(old, Finding{Kind: FoundAuthorized, ProviderReference: "auth_1"}))
	assert.Equal(t, Voiding, op.State())
	assert.Equal(t, GiveBack, op.Learn(new, Finding{Kind: FoundAuthorized, ProviderReference: "auth_1"}))
}

func TestTheLookupDeadlineCountsFromTheLastSending(t *testing.T) {
	op := operationIn("sending")
	again := Caller{Owner: "a", Now: t0.Add(policy.LookupDeadline), Policy: policy}
	next, err := op.Authorize(again, request)
	require.NoError(t, err)
	require.Equal(t, Send, next)
	op.Void(Caller{Owner: "b", Now: again.Now, Policy: policy})

	mine := again
	mine.Now = mine.Now.Add(policy.Lease - time.Second)
	op.Learn(mine, Finding{Kind: NotFound})
	assert.Equal(t, VoidRequested, op.State(), "the second request may still have its effect")
}

func TestTheResolverIsLessAndLessInAHurry(t *testing.T) {
	op := operationIn("voiding")
	now, last := t0, time.Duration(0)
	for i := range 100 {
		c := Caller{Owner: "r", Now: now, Policy: policy}
		require.Equal(t, GiveBack, op.Resume(c))
		op.Learn(c, Finding{Kind: VoidFailed, Err: errors.New("down")})
		pause := op.Record().DueAt.Sub(now)
		require.GreaterOrEqual(t, pause, last, "try %d", i)
		require.LessOrEqual(t, pause, policy.RetryAtMost)
		now, last = op.Record().DueAt, pause
	}
	assert.Equal(t, policy.RetryAtMost, last)
	assert.Equal(t, "void_failed: down", op.Record().LastError)
}

func TestARequestNeedsAnAmountAndAMethodItDoesNotKeep(t *testing.T) {
	_, err := NewRequest("c", -1, "GBP", "card")
	assert.Error(t, err)
	_, err = NewRequest("c", 1, "GBP", " ")
	assert.Error(t, err)
	r, err := NewRequest("c", 0, "GBP", "card_approve")
	require.NoError(t, err)
	assert.NotContains(t, r.MethodFingerprint, "card_approve")
}

func TestAStepIsShownAsItIs(t *testing.T) {
	assert.NoError(t, step.Validate())
	assert.Error(t, Step{"o", "place order", "i", "n"}.Validate())
	assert.Error(t, Step{"o", "s", "", "n"}.Validate())
	assert.Error(t, Step{"o", "s", "i", "n\r\nX: y"}.Validate())
}
