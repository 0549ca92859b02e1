package domain

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	t0     = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	policy = Policy{
		Lease: 10 * time.Second, LookupDeadline: 20 * time.Second,
		RetryAfter: time.Second, RetryAtMost: time.Minute, RecheckAfter: 10 * time.Minute,
	}
	step    = Step{"o", "s", "i", "n"}
	request = Request{CustomerID: "c", Amount: 1234, Currency: "GBP", MethodFingerprint: "f"}
)

const holder = "holder"

// TestEveryCellOfTheStateTable walks the tables of the package's documentation: they are the specification.
func TestEveryCellOfTheStateTable(t *testing.T) {
	cells := tables(t)
	events := []string{
		"authorize", "void", "resume", "authorized", "declined", "voided",
		"no_answer", "not_found", "absent", "lookup_failed", "void_failed",
	}
	states := []string{"none", "sending+", "sending", "void_requested+", "void_requested", "voiding+", "voiding", "never_charged+", "never_charged"}
	for _, s := range States() {
		if !strings.Contains(strings.Join(states, " "), string(s)) {
			states = append(states, string(s))
		}
	}
	require.Len(t, cells, len(events)*len(states), "each state has a cell for each event, and no others")

	for _, state := range states {
		for _, event := range events {
			cell, ok := cells[state+"|"+event]
			require.True(t, ok, "no cell for %s when %s", event, state)
			t.Run(strings.ReplaceAll(state, "+", "-leased")+"/"+event, func(t *testing.T) {
				wantState, wantAction := state, ""
				if fields := strings.Fields(cell); fields[0] != "-" {
					wantState = fields[0]
					if len(fields) > 1 {
						wantAction = fields[1]
					}
				}
				op := operationIn(state)
				before := op.Record()
				action := happens(t, op, event)
				assert.Equal(t, wantState, stateOf(op), "state")
				assert.Equal(t, Action(wantAction), action, "action")
				if cell == "-" {
					assert.Equal(t, before, op.Record(), "nothing may change")
				}
				assertSound(t, op)
			})
		}
	}
}

// tables reads the cells of all tables in doc.go, by "state|event".
func tables(t *testing.T) map[string]string {
	source, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	cells, heading := map[string]string{}, []string(nil)
	for line := range strings.SplitSeq(string(source), "\n") {
		row, isRow := strings.CutPrefix(line, "//\t")
		if !isRow {
			heading = nil
			continue
		}
		columns := strings.Split(row, "|")
		for i := range columns {
			columns[i] = strings.TrimSpace(columns[i])
		}
		if heading == nil {
			heading = columns
			continue
		}
		require.Len(t, columns, len(heading), row)
		for i, cell := range columns[1:] {
			cells[columns[0]+"|"+heading[i+1]] = cell
		}
	}
	return cells
}

// operationIn makes an operation in a state, as its own verbs would have left it, leased to another one if so marked.
func operationIn(state string) *Operation {
	name, leased := strings.CutSuffix(state, "+")
	if name == "none" {
		return NewOperation(step)
	}
	r := Record{Step: step, State: State(name)}
	if r.State != Tombstone {
		r.Request, r.Key, r.IntentAt, r.SentAt, r.Sends = request, step.Key(), t0, t0, 1
	}
	switch r.State {
	case Authorized, Voiding, Voided:
		r.ProviderReference, r.AnsweredAt = "auth_1", t0
	case Declined:
		r.DeclineCode, r.AnsweredAt = "card_declined", t0
	}
	switch r.State {
	case VoidRequested, Voiding, Voided, NeverCharged, Tombstone:
		r.UndoRequestedAt = t0
	}
	switch r.State {
	case Voided, NeverCharged, Tombstone:
		r.UndoneAt = t0
	}
	switch r.State {
	case VoidRequested, Voiding, NeverCharged:
		r.DueAt = t0.Add(policy.Lease)
	}
	if leased {
		r.LeaseOwner, r.LeaseUntil = holder, t0.Add(policy.Lease)
	}
	return Restore(r)
}

// happens lets an event come to an operation: a request from somebody else, a finding from the holder of the lease.
func happens(t *testing.T, op *Operation, event string) Action {
	soon := Caller{Owner: "another", Now: t0.Add(time.Second), Policy: policy}
	mine := Caller{Owner: holder, Now: soon.Now, Policy: policy}
	late := Caller{Owner: holder, Now: t0.Add(policy.LookupDeadline), Policy: policy}
	failure := errors.New("connection reset")
	switch event {
	case "authorize":
		action, err := op.Authorize(soon, request)
		require.NoError(t, err)
		return action
	case "void":
		return op.Void(soon)
	case "resume":
		return op.Resume(soon)
	case "authorized":
		return op.Learn(mine, Finding{Kind: FoundAuthorized, ProviderReference: "auth_1"})
	case "declined":
		return op.Learn(mine, Finding{Kind: FoundDeclined, DeclineCode: "card_declined"})
	case "voided":
		return op.Learn(mine, Finding{Kind: FoundVoided, ProviderReference: "auth_1"})
	case "absent":
		return op.Learn(late, Finding{Kind: NotFound})
	default:
		return op.Learn(mine, Finding{Kind: FindingKind(event), Err: failure})
	}
}

func stateOf(op *Operation) string {
	name := string(op.State())
	if name == "" {
		name = "none"
	}
	if op.Record().LeaseOwner != "" {
		name += "+"
	}
	return name
}

// assertSound checks what holds of every operation, whatever happened to it.
func assertSound(t assert.TestingT, op *Operation) {
	r := op.Record()
	assert.Equal(t, r.LeaseOwner == "", r.LeaseUntil.IsZero(), "a lease has an owner and an end")
	switch r.State {
	case VoidRequested, Voiding:
		assert.False(t, r.DueAt.IsZero(), "an unfinished undo is never forgotten")
		assert.False(t, r.UndoRequestedAt.IsZero() && r.DeclineCode == "", "an undo was asked for")
	case None, Sending, Authorized, Declined, Voided, Tombstone:
		assert.True(t, r.DueAt.IsZero(), "%s needs no resolver", r.State)
	}
	switch r.State {
	case Authorized, Voiding, Voided:
		assert.NotEmpty(t, r.ProviderReference)
	case Declined:
		assert.NotEmpty(t, r.DeclineCode)
	}
	switch r.State {
	case Voided, NeverCharged, Tombstone:
		assert.False(t, r.UndoneAt.IsZero())
		assert.NoError(t, op.Undone())
	}
}
