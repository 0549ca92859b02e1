package domain

// Task is what the caller of a verb has to do next.
type Task struct {
	Action Action
	Step   Step
	Kind   Kind // of the operation whose lease it is done under
	Part   int
	// Asked: somebody waits for the outcome; with it the next part of the step is sent.
	Asked bool
}

// Calls tells whether the task is a call of the provider.
func (t Task) Calls() bool { return t.Action == Send || t.Action == LookUp }

// Authorize asks for the amount to be held. An order may have several authorizations, together of
// no more than is due.
func (p *Payment) Authorize(c Caller, step Step, request Request, due Due) (Task, error) {
	op, undo := p.Operation(step, Authorize), p.Operation(step, Void)
	switch {
	case op == nil && undo != nil: // a tombstone, which has no request to compare with
		return Task{}, nil
	case op == nil:
		if err := p.cover(request, due); err != nil {
			return Task{}, err
		}
		op = p.add(c, step, Authorize, Sending)
		op.Request = request
	case !op.Request.equals(request):
		return Task{}, ErrOtherRequest
	}
	if undo != nil || op.State != Sending {
		return Task{}, nil
	}
	if op.Problem != "" { // the provider has something else under this key
		return p.lookUp(c, op), nil
	}
	return Task{Action: op.send(c), Step: step, Kind: Authorize}, nil
}

// Void asks for the step to be undone, whether or not it was ever asked for.
func (p *Payment) Void(c Caller, step Step) Task {
	if p.Operation(step, Void) == nil {
		p.add(c, step, Void, Waiting)
	}
	return p.undo(c, step)
}

// Resume carries on with what nobody works on: an undo, or the second look for what was absent. An
// authorization without an undo is the saga's to carry on with.
func (p *Payment) Resume(c Caller, step Step) Task {
	if op := p.Operation(step, Authorize); op != nil && op.State == Absent && !op.DueAt.IsZero() {
		return p.lookUp(c, op)
	}
	if p.Operation(step, Void) != nil {
		return p.undo(c, step)
	}
	return Task{}
}

// undo brings the undo of a step to where its authorization is, and says what it needs next.
func (p *Payment) undo(c Caller, step Step) Task {
	op, undo := p.Operation(step, Authorize), p.Operation(step, Void)
	switch {
	case op == nil, op.State == Declined, op.State == Absent:
		undo.end(c, Needless)
		return Task{}
	case op.State == Voided, op.State == Expired:
		undo.end(c, Succeeded)
		return Task{}
	case op.State == Authorized && p.capturing(op): // it may take what would be given back
		undo.release()
		undo.State = Waiting
		undo.retryLater(c)
		return Task{}
	case op.State == Authorized && op.Open == 0 && len(p.of(op.ID, Capture)) > 0: // the provider has nothing to void
		undo.end(c, Needless)
		return Task{}
	case op.State == Authorized:
		undo.State = Sending
		action := undo.sendRegardlessOfKey(c)
		undo.DueAt = undo.LeaseUntil // if its holder does not come back
		return Task{Action: action, Step: step, Kind: Void}
	default:
		undo.State = Waiting
		return p.lookUp(c, op)
	}
}

// lookUp looks at an authorization under the operation's lease. What the resolver has to finish is
// due again at the lease's end, if its holder does not come back.
func (p *Payment) lookUp(c Caller, op *Operation) Task {
	action := op.lookUp(c)
	if undo := p.Operation(op.Step, Void); undo != nil && (undo.State == Waiting || undo.State == Sending) {
		undo.DueAt = op.LeaseUntil
	}
	if op.State == Absent {
		op.DueAt = op.LeaseUntil
	}
	return Task{Action: action, Step: op.Step, Kind: op.Kind}
}
