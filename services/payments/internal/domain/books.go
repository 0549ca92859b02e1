package domain

// Books says where the money of one authorization is: the parts add up to what it held.
type Books struct {
	Authorized, Open, Captured, Voided, Expired int64 // minor units
}

// Books of an authorization. Captured is what captures took or are taking; what the provider has not
// captured, and does not have open, it gave back.
func (p *Payment) Books(authorization *Operation) Books {
	b := Books{Authorized: authorization.Held.Amount, Open: authorization.Open}
	for _, capture := range p.of(authorization.ID, Capture) {
		if capture.State == Submitted || capture.State == Succeeded { // what is sending is open yet
			b.Captured += capture.Request.Amount
		}
	}
	rest := b.Authorized - b.Open - b.Captured
	switch authorization.State {
	case Expired:
		b.Expired = rest
	case Captured: // nobody here asked for it
		b.Captured += rest
	default:
		b.Voided = rest
	}
	return b
}

// VoidOpen asks for what is open of an authorization to be given back, also after captures.
func (p *Payment) VoidOpen(c Caller, id string) (Task, error) {
	authorization := p.ByID(id)
	if authorization == nil || authorization.Kind != Authorize {
		return Task{}, ErrNoAuthorization
	}
	if err := p.Closed(authorization); err == nil || authorization.State != Authorized {
		return Task{}, nil
	}
	for _, capture := range p.of(id, Capture) {
		if capture.unsettled() {
			return Task{}, ErrUnknown
		}
	}
	return p.Void(c, authorization.Step), nil
}

// Closed answers whether nothing of an authorization is open any more, and nothing can be: nil, or
// ErrUnknown.
func (p *Payment) Closed(authorization *Operation) error {
	switch {
	case authorization.State == Sending, authorization.State == Captured, authorization.Open > 0:
		return ErrUnknown
	case authorization.State == Authorized && p.Operation(authorization.Step, Void) != nil:
		return p.Undone(authorization.Step)
	default:
		return nil
	}
}
