package domain

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	t0     = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	policy = Policy{
		Lease: 10 * time.Second, KeyLifetime: 24 * time.Hour, LookupDeadline: 20 * time.Second,
		RetryAfter: time.Second, RetryAtMost: time.Minute, PollAtMost: time.Hour, RecheckAfter: 10 * time.Minute,
	}
	step    = Step{"o", "s", "i", "n"}
	request = Request{CustomerID: "c", Money: Money{1234, "GBP"}, MethodFingerprint: "f"}
)

const holder = "holder"

// TestEveryCellOfTheStateTable walks the tables of the package's documentation: they are the
// specification.
func TestEveryCellOfTheStateTable(t *testing.T) {
	cells := tables(t, "Authorize", "Void")
	events := []string{
		"authorize", "void", "resume", "authorized", "other", "declined", "voided", "expired", "captured",
		"no_answer", "not_found", "absent", "no_fact", "unclear",
	}
	states := []string{
		"none", "sending+", "sending", "sending*+", "sending*", "authorized", "declined", "voided", "expired", "captured",
		"none/needless", "sending+/waiting", "sending/waiting", "authorized/sending+", "authorized/sending",
		"captured+/waiting", "captured/waiting", "declined/needless", "voided/succeeded", "expired/succeeded",
		"absent+/needless", "absent/needless",
	}
	require.Len(t, cells, len(events)*len(states), "each state has a cell for each event, and no others")

	for _, state := range states {
		for _, event := range events {
			cell, ok := cells[state+"|"+event]
			require.True(t, ok, "no cell for %s when %s", event, state)
			t.Run(strings.NewReplacer("+", "-leased", "/", "-void-", "*", "-old").Replace(state)+"/"+event, func(t *testing.T) {
				w := paymentIn(state)
				before := w.values()
				if w.payment.Operation(step, Authorize) == nil && !slices.Contains([]string{"authorize", "void", "resume"}, event) {
					require.Equal(t, "-", cell, "nothing is learned of what nobody sent")
					return
				}
				action := w.happens(t, event)
				want := strings.Fields(cell)
				if want[0] == "-" {
					assert.Equal(t, before, w.values(), "nothing may change")
					assert.Equal(t, Nothing, action)
					return
				}
				loud := want[len(want)-1] == "!"
				if loud {
					want = want[:len(want)-1]
				}
				want = append(want, "")
				assert.Equal(t, want[0], w.state(), "state")
				assert.Equal(t, Action(want[1]), action, "action")
				assert.Equal(t, loud || strings.HasPrefix(state, "captured") && strings.HasPrefix(want[0], "captured"),
					w.payment.Operation(step, Authorize) != nil && w.payment.Operation(step, Authorize).Problem != "", "an operator has to look")
				assertSound(t, w.payment)
			})
		}
	}
}

// tables reads the cells of the tables in sections of doc.go, by "state|event".
func tables(t *testing.T, sections ...string) map[string]string {
	source, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	cells, heading, wanted := map[string]string{}, []string(nil), false
	for line := range strings.SplitSeq(string(source), "\n") {
		if section, is := strings.CutPrefix(line, "// # "); is {
			wanted = slices.Contains(sections, section)
		}
		if !wanted {
			continue
		}
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

// table is a payment in a row of the tables.
type table struct {
	payment *Payment
	now     time.Time // soon after t0, or after the life of an idempotency key
}

// paymentIn makes a payment in a state, as its own verbs would have left it, leased to the holder
// where so marked.
func paymentIn(state string) *table {
	w := &table{payment: &Payment{OrderID: step.OrderID}, now: t0.Add(time.Second)}
	of, undo, undone := strings.Cut(state, "/")
	if strings.Contains(of, "*") {
		w.now = t0.Add(policy.KeyLifetime - keyMargin)
	}
	name := State(strings.Trim(of, "+*"))
	if name != "none" {
		op := w.payment.add(Caller{Now: t0}, step, Authorize, name)
		op.Request, op.SentAt, op.Sends = request, w.now.Add(-time.Second), 1
		if name != Sending {
			op.AnsweredAt = t0
		}
		switch name {
		case Authorized, Voided, Expired, Captured:
			op.ProviderReference, op.Held = "auth_1", request.Money
			if name == Authorized {
				op.Open = request.Amount
			}
		case Declined:
			op.DeclineCode = "card_declined"
		case Absent:
			op.DueAt = t0.Add(policy.RecheckAfter)
		}
		if name == Captured {
			op.Problem = "captured"
		}
		w.lease(op, of)
	}
	if undone {
		op := w.payment.add(Caller{Now: t0}, step, Void, State(strings.Trim(undo, "+")))
		if op.State == Succeeded || op.State == Needless {
			op.AnsweredAt = t0
		} else {
			op.DueAt = t0.Add(policy.Lease)
		}
		w.lease(op, undo)
	}
	return w
}

func (w *table) lease(op *Operation, state string) {
	if strings.HasSuffix(state, "+") {
		op.LeaseOwner, op.LeaseUntil = holder, w.now.Add(policy.Lease-time.Second)
	}
}

// happens lets an event come to a payment: a request from somebody else, a finding from the holder
// of the lease.
func (w *table) happens(t *testing.T, event string) Action {
	another := Caller{Owner: "another", Now: w.now, Policy: policy}
	mine := Caller{Owner: holder, Now: w.now, Policy: policy}
	task := Task{Action: LookUp, Step: step, Kind: Authorize}
	if undo := w.payment.Operation(step, Void); undo != nil && undo.LeaseOwner != "" {
		task.Kind = Void
	}
	fact := Finding{OrderID: step.OrderID, Key: step.Key(Authorize), Reference: "auth_1", Money: request.Money, Open: request.Amount}
	failure := errors.New("connection reset")
	switch event {
	case "authorize":
		next, err := w.payment.Authorize(another, step, request, Due{})
		require.NoError(t, err)
		return next.Action
	case "void":
		return w.payment.Void(another, step).Action
	case "resume":
		return w.payment.Resume(another, step).Action
	case "other":
		fact.Kind, fact.Amount, fact.Open = FoundAuthorized, 1, 1
	case "declined":
		fact = Finding{Kind: FoundDeclined, DeclineCode: "card_declined"}
	case "no_answer":
		task.Action = Send
		fact = Finding{Kind: NoFact, Err: failure}
	case "absent":
		mine.Now = w.now.Add(policy.LookupDeadline)
		fact = Finding{Kind: NotFound}
	case "not_found":
		fact = Finding{Kind: NotFound}
	case "no_fact", "unclear":
		fact = Finding{Kind: FindingKind(event), Err: failure}
	default:
		fact.Kind = FindingKind(event)
	}
	return w.payment.Learn(mine, task, fact).Action
}

func (w *table) values() (values []Operation) {
	for _, op := range w.payment.Operations {
		values = append(values, *op)
	}
	return values
}

// state is the name of the payment's row.
func (w *table) state() string {
	op, undo := w.payment.Operation(step, Authorize), w.payment.Operation(step, Void)
	name := "none"
	if op != nil {
		name = string(op.State)
		if undo == nil && op.State == Sending && op.keyIsOld(Caller{Now: w.now, Policy: policy}) {
			name += "*"
		}
		if op.LeaseOwner != "" {
			name += "+"
		}
	}
	if undo != nil {
		name += "/" + string(undo.State)
		if undo.LeaseOwner != "" {
			name += "+"
		}
	}
	return name
}

// assertSound checks what holds of every payment, whatever happened to it.
func assertSound(t assert.TestingT, p *Payment) {
	for _, op := range p.Operations {
		assert.Equal(t, op.LeaseOwner == "", op.LeaseUntil.IsZero(), "a lease has an owner and an end")
		assert.NotEmpty(t, op.Key)
		assert.LessOrEqual(t, len(op.Key), 64)
		undo := p.Operation(op.Step, Void)
		switch op.State {
		case Waiting:
			assert.False(t, op.DueAt.IsZero(), "an unfinished undo is never forgotten")
		case Submitted:
			assert.False(t, op.DueAt.IsZero(), "what is not settled is asked for")
		case Sending, Authorized, Captured:
			assert.Equal(t, op.Kind != Authorize, !op.DueAt.IsZero(), "%s %s: an authorization is the saga's to carry on with", op.Kind, op.State)
		case Declined:
			assert.NotEmpty(t, op.DeclineCode)
		case Succeeded, Needless:
			if op.Kind == Void {
				assert.NoError(t, p.Undone(op.Step))
			}
			assert.True(t, op.DueAt.IsZero())
			assert.False(t, op.AnsweredAt.IsZero())
		case Absent:
			assert.NotNil(t, undo, "without an undo it may still come")
		}
		if op.State == Authorized {
			assert.NotEmpty(t, op.ProviderReference)
			assert.True(t, undo != nil || op.Held == op.Request.Money, "what is held is what was asked for")
		}
	}
}
