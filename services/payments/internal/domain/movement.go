package domain

import (
	"fmt"
	"slices"
)

// CaptureRequest asks for an amount of one authorization.
type CaptureRequest struct {
	Authorization string // the operation's id
	Money
	Shipment string // what it is for: an id of the caller's
	// Final gives back what is left of the authorization.
	Final bool
	// Fee: the shop keeps the amount as a fee.
	Fee bool
}

// fee is the part of the amount that the shop keeps as a fee.
func (r CaptureRequest) fee() int64 {
	if r.Fee {
		return r.Amount
	}
	return 0
}

// Capture asks for money to be taken, once per step. An amount of zero is taken at once and the
// provider is not asked for it; when it is final, what is open is given back by a void.
func (p *Payment) Capture(c Caller, step Step, want CaptureRequest) (Task, error) {
	op := p.Operation(step, Capture)
	if op == nil {
		if err := p.canCapture(p.ByID(want.Authorization), want); err != nil {
			return Task{}, err
		}
		op = p.add(c, step, Capture, Sending)
		op.Request, op.Of, op.Shipment, op.Final = Request{Money: want.Money}, want.Authorization, want.Shipment, want.Final
		op.Fee = want.fee()
		if want.Amount == 0 {
			op.State = Succeeded
			op.conclude(c)
		}
	} else if op.Of != want.Authorization || op.Request.Money != want.Money || op.Shipment != want.Shipment || op.Final != want.Final || op.Fee != want.fee() {
		return Task{}, ErrOtherRequest
	}
	if op.Final && op.Request.Amount == 0 {
		return p.VoidOpen(c, op.Of)
	}
	return p.ask(c, op), nil
}

// canCapture refuses what the authorization does not allow. To take nothing is allowed also when it
// has ended: the last shipment of an order may be worth nothing.
func (p *Payment) canCapture(authorization *Operation, want CaptureRequest) error {
	switch {
	case want.Amount < 0:
		return fmt.Errorf("an amount of %s cannot be captured: it is negative", want.Text())
	case authorization == nil || authorization.Kind != Authorize:
		return ErrNoAuthorization
	case authorization.Request.Currency != want.Currency:
		return ErrOtherCurrency
	case authorization.State == Sending:
		return ErrUnknown
	case want.Amount == 0 && slices.Contains([]State{Authorized, Voided, Expired}, authorization.State):
		return nil
	case authorization.State != Authorized:
		return &EndedError{State: authorization.State}
	case p.Operation(authorization.Step, Void) != nil:
		return &EndedError{State: Voided}
	}
	if p.capturing(authorization) {
		return fmt.Errorf("%w: another capture of this authorization is not settled", ErrUnknown)
	}
	if want.Amount > authorization.Open {
		return &ExceedsError{Room: Money{authorization.Open, want.Currency}}
	}
	return nil
}

// RefundRequest asks for an amount to be given back.
type RefundRequest struct {
	Money
	// Shipment whose capture is refunded first; of none, the newest capture is.
	Shipment string
	// KeptFee is what the shop keeps as a fee, in minor units: it would have been refunded, too.
	KeptFee int64
}

// Refund asks for money to be given back, once per step: of the shipment's own captures first, then
// of the newest that have room. Each capture that it takes of is one operation. An amount of zero
// is given back at once, and no provider is called.
func (p *Payment) Refund(c Caller, step Step, want RefundRequest) (Task, error) {
	parts := p.Refunds(step)
	if len(parts) > 0 {
		if total(parts) != want.Money || parts[0].Shipment != want.Shipment || parts[0].Fee != want.KeptFee {
			return Task{}, ErrOtherRequest
		}
		return p.askNext(c, step, Refund), nil
	}
	if want.Amount < 0 {
		return Task{}, fmt.Errorf("an amount of %s cannot be refunded: it is negative", want.Text())
	}
	shares, err := p.allocate(want)
	if err != nil {
		return Task{}, err
	}
	for part, share := range shares {
		op := p.addPart(c, step, Refund, part, Sending)
		op.Request, op.Of, op.Shipment = Request{Money: share.Money}, share.capture, want.Shipment
		if part == 0 {
			op.Fee = want.KeptFee
		}
		if share.Amount == 0 {
			op.State = Succeeded
			op.conclude(c)
		} else {
			op.DueAt = c.Now // if its turn does not come
		}
	}
	return p.askNext(c, step, Refund), nil
}

// share is the part of a refund that is of one capture.
type share struct {
	capture string
	Money
}

// allocate divides a refund among the captures that have room. While a capture that would have it
// is not settled, the answer is ErrUnknown.
func (p *Payment) allocate(want RefundRequest) (shares []share, err error) {
	if want.Amount == 0 {
		return []share{{"", want.Money}}, nil
	}
	var own, others []*Operation
	for _, op := range slices.Backward(p.Operations) { // the newest first
		switch {
		case op.Kind != Capture || op.Request.Currency != want.Currency:
		case want.Shipment != "" && op.Shipment == want.Shipment:
			own = append(own, op)
		default:
			others = append(others, op)
		}
	}
	left, room, coming := want.Amount, int64(0), int64(0)
	for _, capture := range append(own, others...) {
		free := p.Room(capture)
		room += free
		if capture.unsettled() {
			coming += capture.Request.Amount
		}
		if some := min(left, free); some > 0 {
			shares = append(shares, share{capture.ID, Money{some, want.Currency}})
			left -= some
		}
	}
	if left > 0 && left <= coming {
		return nil, fmt.Errorf("%w: a capture that would be refunded is not settled", ErrUnknown)
	}
	if left > 0 {
		return nil, &ExceedsError{Room: Money{room, want.Currency}}
	}
	return shares, nil
}

// Room is what can still be refunded of a capture: what it took, less what was refunded or is being
// refunded, less disputes that are not won.
func (p *Payment) Room(capture *Operation) int64 {
	if capture.State != Succeeded {
		return 0
	}
	room := capture.Request.Amount - p.Given(capture)
	for _, refund := range p.of(capture.ID, Refund) {
		if refund.unsettled() {
			room -= refund.Request.Amount
		}
	}
	return max(room, 0)
}

// Given is what was refunded of a capture, or is disputed and not won.
func (p *Payment) Given(capture *Operation) (sum int64) {
	for _, op := range p.Operations {
		if op.Of == capture.ID && (op.Kind == Refund && op.State == Succeeded || op.Kind == Dispute && op.State != Won) {
			sum += op.Request.Amount
		}
	}
	return sum
}

// Refunds are the parts of a step's refund.
func (p *Payment) Refunds(step Step) (parts []*Operation) {
	for part := 0; ; part++ {
		op := p.part(step, Refund, part)
		if op == nil {
			return parts
		}
		parts = append(parts, op)
	}
}

func total(parts []*Operation) Money {
	sum := Money{Currency: parts[0].Request.Currency}
	for _, op := range parts {
		sum.Amount += op.Request.Amount
	}
	return sum
}

// unsettled tells of a capture or refund whether the provider has still to say how it ends.
func (o *Operation) unsettled() bool { return o.State == Sending || o.State == Submitted }

// moves tells of a capture or refund whether its money has moved, or may.
func (o *Operation) moves() bool { return o.unsettled() || o.State == Succeeded }

// ask sends a request whose outcome is not known, as long as the provider remembers its key.
func (p *Payment) ask(c Caller, op *Operation) Task {
	if op.State != Sending {
		return Task{}
	}
	if op.Problem != "" { // the provider has something else under this key, or nothing
		return p.watch(c, op, true)
	}
	action := op.send(c)
	op.dueAfterLease()
	return Task{Action: action, Step: op.Step, Kind: op.Kind, Part: op.Part, Asked: true}
}

// askNext sends the first part of a step whose outcome is not known; a part of which another caller
// is at work is waited for.
func (p *Payment) askNext(c Caller, step Step, kind Kind) Task {
	for part := 0; ; part++ {
		op := p.part(step, kind, part)
		if op == nil {
			return Task{}
		}
		if task := p.ask(c, op); task.Action != Nothing {
			return task
		}
	}
}

// Poll looks at a capture or refund that is not settled. It never sends: that is for who asked.
func (p *Payment) Poll(c Caller, step Step, kind Kind, part int) Task {
	op := p.part(step, kind, part)
	if op == nil || !op.unsettled() {
		return Task{}
	}
	return p.watch(c, op, false)
}

func (p *Payment) watch(c Caller, op *Operation, asked bool) Task {
	action := op.lookUp(c)
	op.dueAfterLease()
	return Task{Action: action, Step: op.Step, Kind: op.Kind, Part: op.Part, Asked: asked}
}

// dueAfterLease lets the resolver carry on if the holder of the lease does not come back.
func (o *Operation) dueAfterLease() { o.DueAt = o.LeaseUntil }

// newInMovement are the states of a capture or refund in which a fact says something new.
var newInMovement = map[FindingKind][]State{
	FoundSubmitted: {Sending},
	FoundSucceeded: {Sending, Submitted, Failed, Reversed},
	FoundFailed:    {Sending, Submitted, Succeeded},
}

// learnOfMovement records what became of a capture or refund.
func (p *Payment) learnOfMovement(c Caller, t Task, f Finding) Task {
	op := p.part(t.Step, t.Kind, t.Part)
	if !slices.Contains(newInMovement[f.Kind], op.State) {
		return p.learnNothingOfMovement(c, t, f)
	}
	if contradiction := op.contradictionOfMovement(f); contradiction != nil {
		op.Problem = contradiction.Error()
		return p.learnNothingOfMovement(c, t, Finding{Kind: NoFact, Err: contradiction})
	}
	before, since := op.State, op.AnsweredAt
	op.conclude(c)
	if before == Succeeded {
		op.AnsweredAt = since // when it had succeeded stays known
	}
	op.State = State(f.Kind)
	op.Accepted = op.Accepted || f.Kind != FoundFailed
	if f.Kind == FoundFailed {
		op.DeclineCode, op.DeclineMessage = f.DeclineCode, f.DeclineMessage
		if before == Succeeded {
			op.State = Reversed
		}
	}
	if f.Reference != "" {
		op.ProviderReference = f.Reference
	}
	if op.State == Submitted {
		op.pollLater(c)
	}
	p.learnOfAuthorization(op, f)
	if !t.Asked {
		return Task{}
	}
	return p.askNext(c, t.Step, t.Kind)
}

// learnOfAuthorization takes over what the answer to a capture says of its authorization.
func (p *Payment) learnOfAuthorization(capture *Operation, f Finding) {
	authorization := p.ByID(capture.Of)
	if capture.Kind != Capture || authorization == nil || authorization.State != Authorized {
		return
	}
	authorization.setOpen(f.Open)
	if f.Ended != "" {
		authorization.State = State(f.Ended)
		authorization.setOpen(0)
	}
}

// contradictionOfMovement of a fact with what was asked for, or with what was learned before.
func (o *Operation) contradictionOfMovement(f Finding) error {
	late := f.Kind == FoundSucceeded && (o.State == Failed || o.State == Reversed)
	other := f.Kind != FoundFailed && (f.Money != o.Request.Money || f.Reference == "") // a refusal need not say of what
	if late || other || !o.owns(f) {
		return fmt.Errorf("the provider says %s of %s under %q with key %q for order %q; ours is %s, %s under %q with key %q",
			f.Kind, f.Text(), f.Reference, f.Key, f.OrderID, o.State, o.Request.Text(), o.ProviderReference, o.Key)
	}
	return nil
}

// learnNothingOfMovement ends an attempt that brought no new fact.
func (p *Payment) learnNothingOfMovement(c Caller, t Task, f Finding) Task {
	op := p.part(t.Step, t.Kind, t.Part)
	if op.LeaseOwner != c.Owner {
		return Task{}
	}
	if f.Kind == Unclear {
		op.Problem = f.Err.Error()
	}
	if f.Err != nil {
		op.LastError = fmt.Sprintf("%s %s: %v", t.Kind, t.Action, f.Err)
	}
	if t.Action == Send && f.Kind == NoFact {
		return p.watch(c, op, t.Asked)
	}
	op.release()
	switch {
	case op.State == Sending:
		if f.Kind == NotFound && op.keyIsOld(c) && !c.Now.Before(op.SentAt.Add(c.Policy.LookupDeadline)) {
			op.Problem = "it is not found at the provider, and too old to be sent again"
		}
		op.retryLater(c)
	case op.State == Submitted:
		op.pollLater(c)
	}
	return Task{}
}

// pollLater tells the resolver when to look again: pauses grow with the age of what is looked for.
func (o *Operation) pollLater(c Caller) {
	age := c.Now.Sub(o.AskedAt)
	o.DueAt = c.Now.Add(min(max(age, c.Policy.RetryAfter), c.Policy.PollAtMost))
}

// Codes of captures that failed because the authorization had ended, whatever the provider calls it.
const (
	CodeAuthorizationExpired = "authorization_expired"
	CodeAuthorizationVoided  = "authorization_voided"
)

// endedBy is how the authorization had ended, by the code of its capture.
var endedBy = map[string]State{CodeAuthorizationExpired: Expired, CodeAuthorizationVoided: Voided}

// Moved answers a request to capture or refund: nil when the provider has done it or accepted it,
// FailedError when it has not, EndedError when the authorization was the reason, ErrUnknown when
// that is not known yet.
//
// The answer to a capture does not change afterwards: its saga may have shipped the goods when it
// asks again, in a new run. That the capture failed since is told apart.
func (o *Operation) Moved() error {
	switch o.State {
	case Succeeded, Submitted:
		return nil
	case Failed, Reversed:
		if o.Kind == Capture && o.Accepted {
			return nil
		}
		if state := endedBy[o.DeclineCode]; o.Kind == Capture && state != "" {
			return &EndedError{State: state}
		}
		return &FailedError{Code: o.DeclineCode, Message: o.DeclineMessage}
	default:
		return ErrUnknown
	}
}

// knows tells whether what a fact says of an authorization is known by its captures, and takes over
// what is open then. While a capture is not settled the two cannot be compared; a fact that has
// less captured is an old one. One that has more captured may be, too, when a capture has failed
// since: a newer one that agrees takes the problem away.
func (p *Payment) knows(op *Operation, f Finding) bool {
	if op.State != Authorized || (f.Kind != FoundAuthorized && f.Kind != FoundCaptured) {
		return false
	}
	captured, settled := int64(0), true
	captures := p.of(op.ID, Capture)
	for _, capture := range captures {
		if capture.moves() {
			captured += capture.Request.Amount
		}
		settled = settled && capture.State != Sending
	}
	if len(captures) == 0 && f.Kind == FoundCaptured {
		return false
	}
	if !settled || f.Captured < captured || op.contradiction(Finding{Kind: FoundVoided, OrderID: f.OrderID, Key: f.Key, Reference: f.Reference, Money: f.Money}) != nil {
		return true
	}
	if f.Captured > captured {
		op.Problem = fmt.Sprintf("the provider has captured %d, of which %d was asked for here: refund the rest there", f.Captured, captured)
		return true
	}
	op.Problem = ""
	op.setOpen(f.Open)
	return true
}
