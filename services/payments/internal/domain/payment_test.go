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
	for _, state := range []string{
		"sending", "authorized", "declined", "voided", "expired", "captured",
		"sending/waiting", "authorized/sending", "voided/succeeded", "absent/needless",
	} {
		p := paymentIn(state).payment
		_, err := p.Authorize(at("x", 0), step, other, Due{})
		assert.ErrorIs(t, err, ErrOtherRequest, state)
	}
	p := paymentIn("none/needless").payment
	_, err := p.Authorize(at("x", 0), step, other, Due{})
	require.NoError(t, err, "a tombstone has no request")
	assert.ErrorIs(t, p.Authorized(step), ErrUndone)
}

// Whoever was refused for a mismatch may still undo the step: what is held under it is given back.
func TestAnUndoAfterAMismatchGivesBack(t *testing.T) {
	for state, want := range map[string]Task{
		"sending":    {Action: LookUp, Step: step, Kind: Authorize},
		"authorized": {Action: Send, Step: step, Kind: Void},
	} {
		p := paymentIn(state).payment
		other := request
		other.MethodFingerprint = "another"
		_, err := p.Authorize(at("x", 0), step, other, Due{})
		require.ErrorIs(t, err, ErrOtherRequest)
		assert.Equal(t, want, p.Void(at("x", 0), step))
	}
}

func at(owner string, after time.Duration) Caller {
	return Caller{Owner: owner, Now: t0.Add(after), Policy: policy}
}

func found(kind FindingKind) Finding {
	return Finding{Kind: kind, OrderID: step.OrderID, Reference: "auth_1", Money: request.Money}
}

func TestAHolderThatComesBackTooLateStillBringsItsFact(t *testing.T) {
	p := paymentIn("sending+").payment
	op := p.Operation(step, Authorize)
	later := at("new holder", policy.Lease)
	next, err := p.Authorize(later, step, request, Due{})
	require.NoError(t, err)
	require.Equal(t, Send, next.Action, "the lease has run out")

	old := at(holder, policy.Lease)
	assert.Equal(t, Task{}, p.Learn(old, next, Finding{Kind: NoFact, Err: errors.New("time-out")}))
	assert.Equal(t, "new holder", op.LeaseOwner, "the end of an attempt counts for the holder of the lease only")

	assert.Equal(t, Task{}, p.Learn(old, next, found(FoundAuthorized)))
	assert.Equal(t, Authorized, op.State, "a fact is a fact")
	assert.Equal(t, Task{}, p.Learn(later, next, found(FoundAuthorized)))
}

func TestWhoeverLearnsThatThereIsSomethingToGiveBackGivesItBackOnce(t *testing.T) {
	p := paymentIn("sending/waiting").payment
	finder, other := at("finder", time.Second), at("other", time.Second)
	look := p.Void(other, step)
	require.Equal(t, Task{Action: LookUp, Step: step, Kind: Authorize}, look)
	assert.Equal(t, Task{Action: Send, Step: step, Kind: Void}, p.Learn(finder, Task{Action: Send, Step: step, Kind: Authorize}, found(FoundAuthorized)))
	assert.Equal(t, Task{}, p.Learn(other, look, found(FoundAuthorized)), "the finder is at it")
	assert.Equal(t, Wait, p.Void(other, step).Action)
}

func TestTheLookupDeadlineCountsFromTheLastSending(t *testing.T) {
	p := paymentIn("sending").payment
	again := at("a", policy.LookupDeadline)
	sent, err := p.Authorize(again, step, request, Due{})
	require.NoError(t, err)
	require.Equal(t, Send, sent.Action)
	p.Void(at("b", policy.LookupDeadline), step)

	soon := at("a", policy.LookupDeadline+policy.Lease-time.Second)
	p.Learn(soon, Task{Action: LookUp, Step: step, Kind: Authorize}, Finding{Kind: NotFound})
	assert.Equal(t, Waiting, p.Operation(step, Void).State, "the second request may still have its effect")
}

// After the end of a key's life the same request would be a second one.
func TestARequestIsNotSentAgainAtTheEndOfItsKeysLife(t *testing.T) {
	p := paymentIn("sending").payment
	life := policy.KeyLifetime - keyMargin
	next, err := p.Authorize(at("a", life-time.Second), step, request, Due{})
	require.NoError(t, err)
	assert.Equal(t, Send, next.Action)
	p.Learn(at("a", life-time.Second), next, Finding{Kind: NoFact, Err: errors.New("time-out")})
	p.Learn(at("a", life-time.Second), Task{Action: LookUp, Step: step, Kind: Authorize}, Finding{Kind: NotFound})

	for range 2 {
		late := at("b", life+policy.LookupDeadline)
		next, err = p.Authorize(late, step, request, Due{})
		require.NoError(t, err)
		require.Equal(t, LookUp, next.Action)
		assert.Equal(t, Task{}, p.Learn(late, next, Finding{Kind: NotFound}))
		assert.ErrorIs(t, p.Authorized(step), ErrUnknown)
	}
	op := p.Operation(step, Authorize)
	assert.Equal(t, 2, op.Sends)
	assert.Contains(t, op.Problem, "too old to be sent again")

	policy := policy
	policy.KeyLifetime = 0
	q := paymentIn("sending").payment
	next, err = q.Authorize(Caller{Owner: "a", Now: t0.AddDate(1, 0, 0), Policy: policy}, step, request, Due{})
	require.NoError(t, err)
	assert.Equal(t, Send, next.Action, "a provider that never forgets")
}

// An undo is sent again however late: it asks for a state, and names what is to have it.
func TestAnUndoIsSentAgainHoweverLate(t *testing.T) {
	p := paymentIn("authorized/sending").payment
	assert.Equal(t, Task{Action: Send, Step: step, Kind: Void}, p.Resume(at("r", 30*24*time.Hour), step))
}

func TestAFactThatSpeaksOfSomethingElseIsNone(t *testing.T) {
	for name, change := range map[string]func(*Finding){
		"amount":    func(f *Finding) { f.Amount-- },
		"currency":  func(f *Finding) { f.Currency = "JPY" },
		"order":     func(f *Finding) { f.OrderID = "p" },
		"key":       func(f *Finding) { f.Key = "another" },
		"reference": func(f *Finding) { f.Reference = "" },
	} {
		for _, action := range []Action{Send, LookUp} {
			p := paymentIn("sending+").payment
			wrong := found(FoundAuthorized)
			change(&wrong)
			next := p.Learn(at(holder, 0), Task{Action: action, Step: step, Kind: Authorize}, wrong)
			if action == Send {
				require.Equal(t, LookUp, next.Action, "another %s: no answer to what was asked", name)
				next = p.Learn(at(holder, 0), next, wrong)
			}
			assert.Equal(t, Task{}, next, name)
			require.ErrorIs(t, p.Authorized(step), ErrUnknown, "another %s", name)
			assert.NotEmpty(t, p.Operation(step, Authorize).Problem, "another %s: nobody is told", name)

			look, err := p.Authorize(at("a", 0), step, request, Due{})
			require.NoError(t, err)
			require.Equal(t, LookUp, look.Action, "another %s: it is not sent again", name)
			p.Learn(at("a", 0), look, found(FoundAuthorized))
			assert.NoError(t, p.Authorized(step), "what is right in the end")
			assert.Empty(t, p.Operation(step, Authorize).Problem)
		}
	}
}

// What is held under our key is given back, whatever the amount; and what is given back is what was
// held.
func TestAnUndoGivesBackAnotherAmountThanWasAskedFor(t *testing.T) {
	p := paymentIn("sending/waiting").payment
	look := p.Void(at("v", 0), step)
	wrong := found(FoundAuthorized)
	wrong.Money = Money{1, "JPY"}
	giveBack := p.Learn(at("v", 0), look, wrong)
	require.Equal(t, Task{Action: Send, Step: step, Kind: Void}, giveBack)

	again := p.Learn(at("v", 0), giveBack, found(FoundVoided))
	assert.Equal(t, LookUp, again.Action, "1,234 GBP were never held")
	require.ErrorIs(t, p.Undone(step), ErrUnknown)
	voided := wrong
	voided.Kind = FoundVoided
	assert.Equal(t, Task{}, p.Learn(at("v", 0), again, voided))
	assert.NoError(t, p.Undone(step))
}

// An operator may have put it right at the provider before anybody asked for the undo.
func TestAnUndoEndsWithWhatWasHeldAndIsNot(t *testing.T) {
	p := paymentIn("sending+").payment
	wrong := found(FoundAuthorized)
	wrong.Money = Money{1, "JPY"}
	p.Learn(at(holder, 0), Task{Action: LookUp, Step: step, Kind: Authorize}, wrong)
	look := p.Void(at("v", 0), step)
	require.Equal(t, LookUp, look.Action)
	wrong.Kind = FoundVoided
	p.Learn(at("v", 0), look, wrong)
	assert.NoError(t, p.Undone(step))
}

func TestWhatHasNoNameCannotBeGivenBack(t *testing.T) {
	p := paymentIn("sending/waiting").payment
	look := p.Void(at("v", 0), step)
	nameless := found(FoundAuthorized)
	nameless.Reference = ""
	assert.Equal(t, Task{}, p.Learn(at("v", 0), look, nameless))
	assert.ErrorIs(t, p.Undone(step), ErrUnknown)
	assert.NotEmpty(t, p.Operation(step, Authorize).Problem)
}

func TestAVoidOfSomethingElseIsNone(t *testing.T) {
	for name, change := range map[string]func(*Finding){
		"amount":    func(f *Finding) { f.Amount-- },
		"currency":  func(f *Finding) { f.Currency = "JPY" },
		"order":     func(f *Finding) { f.OrderID = "p" },
		"reference": func(f *Finding) { f.Reference = "auth_2" },
	} {
		p := paymentIn("authorized/sending").payment
		task := p.Void(at("v", 0), step)
		wrong := found(FoundVoided)
		change(&wrong)
		look := p.Learn(at("v", 0), task, wrong)
		require.Equal(t, LookUp, look.Action, name)
		require.ErrorIs(t, p.Undone(step), ErrUnknown, "another %s", name)
		assert.NotEmpty(t, p.Operation(step, Authorize).Problem, name)
		p.Learn(at("v", 0), look, found(FoundVoided))
		assert.NoError(t, p.Undone(step), "what is right in the end")
	}
}

// What is captured cannot be voided. The undo ends when an operator has refunded it.
func TestAnUndoOfWhatWasCapturedEndsWithItsRefund(t *testing.T) {
	p := paymentIn("authorized/sending").payment
	now := at("r", policy.Lease)
	task := p.Resume(now, step)
	require.Equal(t, Send, task.Action)
	task = p.Learn(now, task, Finding{Kind: NoFact, Err: errors.New("409 not_voidable")})
	require.Equal(t, LookUp, task.Action, "a void that fails asks why")
	require.Equal(t, Task{}, p.Learn(now, task, found(FoundCaptured)))
	undo := p.Operation(step, Void)
	for range 3 {
		now.Now = undo.DueAt
		task = p.Resume(now, step)
		require.Equal(t, LookUp, task.Action)
		require.Equal(t, Task{}, p.Learn(now, task, found(FoundCaptured)))
		require.ErrorIs(t, p.Undone(step), ErrUnknown)
		require.Contains(t, p.Operation(step, Authorize).Problem, "refund it there")
	}
	now.Now = undo.DueAt
	p.Learn(now, p.Resume(now, step), found(FoundVoided))
	require.NoError(t, p.Undone(step))
	assert.Empty(t, p.Operation(step, Authorize).Problem)
	assert.True(t, undo.DueAt.IsZero())
}

func TestTheResolverIsLessAndLessInAHurry(t *testing.T) {
	p := paymentIn("authorized/sending").payment
	undo := p.Operation(step, Void)
	now, last := t0.Add(time.Second), time.Duration(0)
	for i := range 100 {
		c := Caller{Owner: "r", Now: now, Policy: policy}
		task := p.Resume(c, step)
		require.Equal(t, Send, task.Action)
		task = p.Learn(c, task, Finding{Kind: NoFact, Err: errors.New("down")})
		require.Equal(t, Task{}, p.Learn(c, task, Finding{Kind: NoFact, Err: errors.New("down")}))
		pause := undo.DueAt.Sub(now)
		require.GreaterOrEqual(t, pause, last, "try %d", i)
		require.LessOrEqual(t, pause, policy.RetryAtMost)
		now, last = undo.DueAt, pause
	}
	assert.Equal(t, policy.RetryAtMost, last)
	assert.Equal(t, "void lookup: down", undo.LastError)
}

// A new authorization is at most what is due less what is held or may be.
func TestStepsOfAnOrderHoldNoMoreTogetherThanIsDue(t *testing.T) {
	second := step
	second.Name = "again"
	for state, refused := range map[string]bool{
		"sending": true, "authorized": true, "captured": true, "sending/waiting": true, "authorized/sending": true,
		"declined": false, "voided": false, "expired": false, "voided/succeeded": false, "absent/needless": false, "none/needless": false,
	} {
		p := paymentIn(state).payment
		next, err := p.Authorize(at("a", 0), second, request, Due{})
		if refused {
			require.Error(t, err, state)
			assert.Nil(t, p.Operation(second, Authorize), state)
			continue
		}
		require.NoError(t, err, state)
		assert.Equal(t, Task{Action: Send, Step: second, Kind: Authorize}, next, state)
	}
}

func TestAPaymentIsTheFoldOfItsOperations(t *testing.T) {
	for state, want := range map[string]Status{
		"none": StatusNone, "none/needless": StatusNone, "sending": StatusPending, "authorized": StatusAuthorized,
		"declined": StatusDeclined, "declined/needless": StatusDeclined, "captured": StatusCaptured,
		"sending/waiting": StatusVoiding, "authorized/sending": StatusVoiding, "captured/waiting": StatusCaptured,
		"voided/succeeded": StatusVoided, "expired": StatusVoided, "absent/needless": StatusVoided,
	} {
		p := paymentIn(state).payment
		assert.Equal(t, want, p.Summary().Status, state)
		if want == StatusNone {
			continue
		}
		assert.Equal(t, request.Money, p.Summary().Money, state)
		second := step
		second.Name = "again"
		op := p.add(at("a", time.Minute), second, Authorize, Authorized)
		op.Request = request
		op.Request.Amount = 100
		both := p.Summary()
		assert.Equal(t, StatusAuthorized, both.Status, "%s and authorized", state)
		if want == StatusAuthorized {
			assert.Equal(t, Money{1334, "GBP"}, both.Money, "both are held")
		} else {
			assert.Equal(t, Money{100, "GBP"}, both.Money, state)
		}
		op.State = Declined
		if both = p.Summary(); rank[want] > 0 {
			assert.Equal(t, want, both.Status, "%s and declined", state)
		} else {
			assert.Equal(t, StatusDeclined, both.Status, "%s and declined", state)
		}
	}
}

func TestARequestNeedsAnAmountAndAMethodItDoesNotKeep(t *testing.T) {
	key := MethodKey("a key")
	_, err := NewRequest("c", Money{-1, "GBP"}, "card", key)
	assert.Error(t, err)
	_, err = NewRequest("c", Money{1, "GBP"}, " ", key)
	assert.Error(t, err)
	_, err = NewRequest("c", Money{1, "GBP"}, "4111111111111111", key)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "1111")
	r, err := NewRequest("c", Money{0, "GBP"}, "card_approve", key)
	require.NoError(t, err)
	assert.NotContains(t, r.MethodFingerprint, "card_approve")
	assert.NotEqual(t, digest("card_approve"), r.MethodFingerprint, "nobody finds it by trying")
	other, err := NewRequest("c", Money{0, "GBP"}, "card_approve", MethodKey("another key"))
	require.NoError(t, err)
	assert.NotEqual(t, r, other)

	earlier := r
	earlier.MethodFingerprint = ""
	assert.True(t, earlier.equals(r), "an earlier version's")
	assert.False(t, r.equals(earlier))
	r.Amount++
	assert.False(t, earlier.equals(r))
}

func TestAStepIsShownAsItIs(t *testing.T) {
	assert.NoError(t, Step{"o", "place-order", "i", "authorize-payment"}.Validate())
	assert.Error(t, Step{"o", "place order", "i", "n"}.Validate())
	assert.Error(t, Step{"o", "s", "", "n"}.Validate())
	assert.Error(t, Step{"o", "s", "i", "n\r\nX: y"}.Validate())
}
