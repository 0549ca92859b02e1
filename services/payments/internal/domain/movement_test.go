package domain

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// moving are a payment's capture or refund in a row of the table, with what it is of.
type moving struct {
	*table
	kind Kind
	step Step
}

var (
	shipping  = Step{"o", "ship", "i1", "capture"}
	refunding = Step{"o", "refund", "i2", "refund"}
)

// movementIn makes a capture or refund in a state, leased to the holder where so marked.
func movementIn(kind Kind, state string) *moving {
	w := &moving{table: paymentIn("authorized"), kind: kind, step: shipping}
	of := w.payment.Operation(step, Authorize)
	of.Held, of.ID = request.Money, "a"
	if kind == Refund {
		w.step = refunding
		capture := w.payment.add(Caller{Now: t0}, shipping, Capture, Succeeded)
		capture.ID, capture.Of, capture.Request, capture.ProviderReference, capture.AnsweredAt = "c", of.ID, Request{Money: request.Money}, "capt_1", t0
		of.Open = 0
		of = capture
	}
	if strings.Contains(state, "*") {
		w.now = t0.Add(policy.KeyLifetime - keyMargin)
	}
	name := State(strings.Trim(state, "+*"))
	if name == "none" {
		return w
	}
	op := w.payment.add(Caller{Now: t0}, w.step, kind, name)
	op.Of, op.Request, op.Sends, op.SentAt = of.ID, Request{Money: Money{1000, "GBP"}}, 1, w.now.Add(-time.Second)
	switch name {
	case Sending:
		op.DueAt = w.now
	case Submitted:
		op.DueAt, op.ProviderReference, op.AnsweredAt = w.now, "move_1", t0
	default:
		op.ProviderReference, op.AnsweredAt = "move_1", t0
	}
	w.lease(op, state)
	return w
}

func (w *moving) operation() *Operation { return w.payment.Operation(w.step, w.kind) }

// ask is the saga's request.
func (w *moving) ask(c Caller) (Task, error) {
	if w.kind == Refund {
		return w.payment.Refund(c, w.step, RefundRequest{Money: Money{1000, "GBP"}})
	}
	return w.payment.Capture(c, w.step, CaptureRequest{Authorization: w.payment.Operation(step, Authorize).ID, Money: Money{1000, "GBP"}})
}

func (w *moving) finding(kind FindingKind) Finding {
	return Finding{
		Kind: kind, OrderID: w.step.OrderID, Key: w.step.Key(w.kind), Reference: "move_1", Money: Money{1000, "GBP"},
		Open: 234, Captured: 1000, DeclineCode: "no",
	}
}

func (w *moving) happens(t *testing.T, event string) Action {
	another := Caller{Owner: "another", Now: w.now, Policy: policy}
	mine := Caller{Owner: holder, Now: w.now, Policy: policy}
	task := Task{Action: LookUp, Step: w.step, Kind: w.kind}
	failure := errors.New("connection reset")
	var f Finding
	switch event {
	case "ask":
		next, err := w.ask(another)
		require.NoError(t, err)
		return next.Action
	case "poll":
		return w.payment.Poll(another, w.step, w.kind, 0).Action
	case "other":
		f = w.finding(FoundSucceeded)
		f.Amount = 1
	case "no_answer":
		task.Action = Send
		f = Finding{Kind: NoFact, Err: failure}
	case "absent":
		mine.Now = w.now.Add(policy.LookupDeadline)
		f = Finding{Kind: NotFound}
	case "not_found":
		f = Finding{Kind: NotFound}
	case "no_fact", "unclear":
		f = Finding{Kind: FindingKind(event), Err: failure}
	default:
		f = w.finding(FindingKind(event))
	}
	return w.payment.Learn(mine, task, f).Action
}

func (w *moving) state() string {
	op := w.operation()
	if op == nil {
		return "none"
	}
	name := string(op.State)
	if op.State == Sending && op.keyIsOld(Caller{Now: w.now, Policy: policy}) {
		name += "*"
	}
	if op.LeaseOwner != "" {
		name += "+"
	}
	return name
}

// TestEveryCellOfTheTableOfCapturesAndRefunds walks the tables of the package's documentation.
func TestEveryCellOfTheTableOfCapturesAndRefunds(t *testing.T) {
	cells := tables(t, "Capture and refund")
	events := []string{"ask", "poll", "submitted", "succeeded", "failed", "other", "no_answer", "not_found", "absent", "no_fact", "unclear"}
	states := []string{"none", "sending+", "sending", "sending*+", "sending*", "submitted+", "submitted", "succeeded", "failed", "reversed"}
	require.Len(t, cells, len(events)*len(states), "each state has a cell for each event, and no others")
	for _, kind := range []Kind{Capture, Refund} {
		for _, state := range states {
			for _, event := range events {
				cell, ok := cells[state+"|"+event]
				require.True(t, ok, "no cell for %s when %s", event, state)
				t.Run(string(kind)+"/"+strings.NewReplacer("+", "-leased", "*", "-old").Replace(state)+"/"+event, func(t *testing.T) {
					w := movementIn(kind, state)
					if state == "none" && event != "ask" && event != "poll" {
						require.Equal(t, "-", cell, "nothing is learned of what nobody sent")
						return
					}
					before := w.values()
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
					assert.Equal(t, loud, w.operation().Problem != "", "an operator has to look")
					assertSound(t, w.payment)
				})
			}
		}
	}
}

// station is the provider's side of one movement.
type station struct {
	status FindingKind // "" before it has heard of it
	ends   FindingKind // what becomes of it after it was accepted; "" when it is decided at once
	first  FindingKind
	made   int // effects
}

func (s *station) send() FindingKind {
	if s.status == "" {
		s.status = s.first
		s.made++
	}
	return s.status
}

func (s *station) look() FindingKind {
	if s.status == "" {
		return NotFound
	}
	return s.status
}

// TestACrashBetweenTwoWritesLosesNothing lets the process die after each of its writes and of its
// calls, and then goes on by the saga that asks again, or by the resolver alone.
func TestACrashBetweenTwoWritesLosesNothing(t *testing.T) {
	outcomes := map[string]station{
		"succeeds":                       {first: FoundSucceeded},
		"fails":                          {first: FoundFailed},
		"is accepted and succeeds":       {first: FoundSubmitted, ends: FoundSucceeded},
		"is accepted and fails":          {first: FoundSubmitted, ends: FoundFailed},
		"succeeds and fails a day later": {first: FoundSucceeded, ends: FoundFailed},
	}
	for _, kind := range []Kind{Capture, Refund} {
		for name, outcome := range outcomes {
			for crash := range 5 {
				for _, asks := range []bool{true, false} {
					w, provider := movementIn(kind, "none"), outcome
					lives(t, w, &provider, crash)
					for range 10 { // the process is there again, its leases have run out
						w.now = w.now.Add(policy.Lease + policy.LookupDeadline)
						if asks {
							w.carryOn(t, &provider, func(c Caller) Task { task, err := w.ask(c); require.NoError(t, err); return task }, 9)
						}
						w.carryOn(t, &provider, func(c Caller) Task { return w.payment.Poll(c, w.step, w.kind, 0) }, 9)
						if provider.ends != "" && provider.status != "" {
							provider.status = provider.ends
						}
						w.observe(&provider)
					}
					assertSound(t, w.payment)
					op := w.operation()
					if provider.made == 0 {
						require.False(t, asks, "%s that %s, crash %d: it was asked for and never sent", kind, name, crash)
						if op != nil {
							assert.Equal(t, Sending, op.State, "nobody asks, and nothing is given up")
						}
						continue
					}
					want := State(provider.status)
					if provider.status == FoundFailed && outcome.first == FoundSucceeded {
						want = Reversed
						if op.State == Failed { // it had failed before anybody heard that it had succeeded
							want = Failed
						}
					}
					assert.Equal(t, want, op.State, "%s that %s, crash %d, asked again: %t", kind, name, crash, asks)
					assert.Equal(t, 1, provider.made)
					assert.Empty(t, op.Problem)
				}
			}
		}
	}
}

// lives runs until it crashes after so many writes and calls.
func lives(t *testing.T, w *moving, provider *station, crash int) {
	if crash == 0 {
		return
	}
	w.carryOn(t, provider, func(c Caller) Task { task, err := w.ask(c); require.NoError(t, err); return task }, crash)
}

// carryOn asks, calls the provider and records, at most so many of these.
func (w *moving) carryOn(t *testing.T, provider *station, ask func(Caller) Task, most int) {
	c := Caller{Owner: "c" + w.now.String(), Now: w.now, Policy: policy}
	task := ask(c)
	for most--; task.Calls() && most > 0; most -= 2 {
		found := provider.look
		if task.Action == Send {
			found = provider.send
		}
		f := w.finding(found())
		if f.Kind == NotFound {
			f = Finding{Kind: NotFound}
		}
		if most < 2 {
			return // it dies before it records
		}
		task = w.payment.Learn(c, task, f)
	}
}

// observe reads the provider's list.
func (w *moving) observe(provider *station) {
	if provider.status != "" && w.operation() != nil {
		w.payment.Observe(Caller{Owner: "list", Now: w.now, Policy: policy}, Observation{What: w.kind, Finding: w.finding(provider.status)})
	}
}

// A page of the provider's list may be read before a capture failed, and taken over after.
func TestAnOldRecordOfAnAuthorizationDoesNoHarmForLong(t *testing.T) {
	for _, kind := range []FindingKind{FoundAuthorized, FoundCaptured} {
		w := movementIn(Capture, "submitted")
		c := Caller{Owner: "list", Now: w.now, Policy: policy}
		failed := w.finding(FoundFailed)
		failed.Open = request.Amount
		w.payment.Learn(c, Task{Action: LookUp, Step: w.step, Kind: Capture}, failed)
		authorization := w.payment.Operation(step, Authorize)
		require.Equal(t, request.Amount, authorization.Open)
		record := Finding{Kind: kind, OrderID: step.OrderID, Key: authorization.Key, Reference: authorization.ProviderReference, Money: request.Money}

		old := record
		old.Captured = 1000
		w.payment.Observe(c, Observation{What: Authorize, Finding: old})
		assert.Equal(t, Authorized, authorization.State, "%s with money captured", kind)
		assert.Equal(t, request.Amount, authorization.Open)
		assert.NotEmpty(t, authorization.Problem, "it may be true: an operator looks")
		_, err := w.payment.Capture(c, Step{"o", "ship", "again", "capture"}, CaptureRequest{Authorization: authorization.ID, Money: request.Money})
		require.NoError(t, err, "the provider decides what can be captured")
		w.payment.Operations = w.payment.Operations[:len(w.payment.Operations)-1]

		now := record
		now.Kind, now.Open = FoundAuthorized, request.Amount
		w.payment.Observe(c, Observation{What: Authorize, Finding: now})
		assert.Empty(t, authorization.Problem, "what came last agrees")
		assert.Equal(t, request.Amount, authorization.Open)
	}
}

func TestARefundIsDividedAmongTheCapturesThatHaveRoom(t *testing.T) {
	p := &Payment{OrderID: "o"}
	c := Caller{Owner: "x", Now: t0, Policy: policy}
	for i, amount := range []int64{500, 300, 200} {
		op := p.add(c, Step{"o", "ship", string(rune('a' + i)), "capture"}, Capture, Succeeded)
		op.Request, op.Shipment = Request{Money: Money{amount, "GBP"}}, string(rune('a'+i))
	}
	for name, test := range map[string]struct {
		want   RefundRequest
		shares []int64
	}{
		"its own first":            {RefundRequest{Money: Money{400, "GBP"}, Shipment: "a"}, []int64{400}},
		"then the newest":          {RefundRequest{Money: Money{550, "GBP"}, Shipment: "a"}, []int64{500, 50}},
		"goodwill takes the last":  {RefundRequest{Money: Money{150, "GBP"}, Shipment: ""}, []int64{150}},
		"goodwill takes of others": {RefundRequest{Money: Money{450, "GBP"}, Shipment: ""}, []int64{200, 250}},
		"all":                      {RefundRequest{Money: Money{1000, "GBP"}, Shipment: "b"}, []int64{300, 200, 500}},
		"nothing":                  {RefundRequest{Money: Money{0, "GBP"}, Shipment: "b"}, []int64{0}},
	} {
		shares, err := p.allocate(test.want)
		require.NoError(t, err, name)
		var got []int64
		for _, share := range shares {
			got = append(got, share.Amount)
		}
		assert.Equal(t, test.shares, got, name)
	}
	_, err := p.allocate(RefundRequest{Money: Money{1001, "GBP"}, Shipment: "a"})
	var exceeds *ExceedsError
	require.ErrorAs(t, err, &exceeds)
	assert.EqualValues(t, 1000, exceeds.Room.Amount)
	_, err = p.allocate(RefundRequest{Money: Money{1, "EUR"}, Shipment: "a"})
	require.ErrorAs(t, err, &exceeds, "captures of another currency have no room")
}

func TestADisputeIsRecordedOnceAndEnds(t *testing.T) {
	w := movementIn(Refund, "succeeded") // 1000 of 1234 were refunded
	c := Caller{Owner: "list", Now: w.now, Policy: policy}
	dispute := Observation{What: Dispute, Of: "capt_1", State: Disputed, Fee: 15, Finding: Finding{Kind: FindingKind(Disputed), Reference: "disp_1", Money: Money{200, "GBP"}}}
	for range 2 {
		w.payment.Observe(c, dispute)
	}
	found := w.payment.of("c", Dispute)
	require.Len(t, found, 1)
	assert.EqualValues(t, 34, w.payment.Room(w.payment.ByID("c")))
	assert.Equal(t, map[Account]int64{
		Provider: 1234 - 1000 - 200 - 15, Customer: -1234 + 1000, DisputeAccount: 200, ProviderFees: 15,
	}, w.payment.Balances()["GBP"])

	tooMuch := dispute
	tooMuch.Reference, tooMuch.Amount = "disp_2", 35
	w.payment.Observe(c, tooMuch)
	assert.Len(t, w.payment.of("c", Dispute), 1, "it is not recorded beyond what the capture has")
	assert.NotEmpty(t, w.payment.ByID("c").Problem, "an operator looks")

	dispute.State = Won
	w.payment.Observe(c, dispute)
	assert.EqualValues(t, 234, w.payment.Room(w.payment.ByID("c")))
	assert.Equal(t, map[Account]int64{Provider: 1234 - 1000 - 15, Customer: -1234 + 1000, ProviderFees: 15}, w.payment.Balances()["GBP"])
	dispute.State = Lost
	w.payment.Observe(c, dispute)
	assert.Equal(t, Won, found[0].State, "it has ended")
}
