package domain

// Authorize asks for the amount to be held.
func (o *Operation) Authorize(c Caller, request Request) (Action, error) {
	switch o.r.State {
	case None:
		o.r.State, o.r.Request, o.r.Key, o.r.IntentAt = Sending, request, o.r.Step.Key(), c.Now
	case Tombstone: // it has no request to compare with
		return Nothing, nil
	}
	if !o.r.Request.Equal(request) {
		return Nothing, ErrOtherRequest
	}
	if o.r.State != Sending {
		return Nothing, nil
	}
	if !o.take(c) {
		return Wait, nil
	}
	o.r.Sends++
	o.r.SentAt = c.Now
	return Send, nil
}

// Void asks for the operation to be undone, whether or not it was ever asked for.
func (o *Operation) Void(c Caller) Action {
	switch o.r.State {
	case None:
		o.r.State = Tombstone
		o.r.UndoRequestedAt, o.r.UndoneAt = c.Now, c.Now
	case Sending:
		o.r.State, o.r.UndoRequestedAt = VoidRequested, c.Now
	case Authorized:
		o.r.State, o.r.UndoRequestedAt = Voiding, c.Now
	}
	return o.proceed(c)
}

// Resume carries on with an undo that nobody works on.
func (o *Operation) Resume(c Caller) Action {
	switch o.r.State {
	case Sending:
		if o.leased(c) {
			return Wait
		}
		return Nothing // the saga will ask again, or undo
	case NeverCharged:
		if !o.take(c) {
			return Wait
		}
		return LookUp
	}
	return o.proceed(c)
}

// proceed takes the lease and says what an undo needs next.
func (o *Operation) proceed(c Caller) Action {
	next := Nothing
	switch o.r.State {
	case VoidRequested:
		next = LookUp
	case Voiding:
		next = GiveBack
	default:
		return Nothing
	}
	if !o.take(c) {
		o.r.DueAt = o.r.LeaseUntil // if its holder does not come back
		return Wait
	}
	return next
}

// take gives the caller the lease unless another one has it.
func (o *Operation) take(c Caller) bool {
	if o.leased(c) && o.r.LeaseOwner != c.Owner {
		return false
	}
	o.r.LeaseOwner, o.r.LeaseUntil = c.Owner, c.Now.Add(c.Policy.Lease)
	if o.r.State != Sending {
		o.r.DueAt = o.r.LeaseUntil
	}
	return true
}

// leased tells whether somebody works on the operation.
func (o *Operation) leased(c Caller) bool {
	return o.r.LeaseOwner != "" && c.Now.Before(o.r.LeaseUntil)
}
