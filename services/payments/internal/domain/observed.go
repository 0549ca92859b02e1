package domain

import "fmt"

// Observation is a record of the provider's books that nobody here asked for at that time.
type Observation struct {
	What Kind // Authorize, Capture, Refund or Dispute
	Finding
	// Of is the provider's name of what was captured, refunded or disputed.
	Of string
	// State and Fee of a dispute.
	State State
	Fee   int64
}

// Observe takes over what happened at the provider by itself: an authorization that was voided or
// expired, a capture or refund that failed late, a dispute. What the journal knows changes nothing.
// It may need a task: an undo that can go on now.
func (p *Payment) Observe(c Caller, o Observation) Task {
	if o.What == Dispute {
		p.observeDispute(c, o)
		return Task{}
	}
	op := p.observed(o)
	if op == nil {
		p.observeUnknown(o)
		return Task{}
	}
	if o.What == Authorize {
		return p.Learn(c, Task{Action: LookUp, Step: op.Step, Kind: Authorize}, o.Finding)
	}
	switch {
	case o.Kind == FoundSucceeded && (op.State == Failed || op.State == Reversed):
		return Task{} // an old record: the list was read before it failed
	case o.Kind == FoundFailed && (op.State == Failed || op.State == Reversed):
		op.Problem = "" // the provider confirms how it ended
		return Task{}
	}
	return p.Learn(c, Task{Action: LookUp, Step: op.Step, Kind: op.Kind, Part: op.Part}, o.Finding)
}

// observed is the operation that a record is of; nil when the journal has none.
func (p *Payment) observed(o Observation) *Operation {
	for _, op := range p.Operations {
		if op.Kind == o.What && o.Key != "" && op.Key == o.Key {
			return op
		}
	}
	return nil
}

// named is the operation of a kind that the provider calls so; nil when there is none.
func (p *Payment) named(kind Kind, reference string) *Operation {
	for _, op := range p.Operations {
		if op.Kind == kind && reference != "" && op.ProviderReference == reference {
			return op
		}
	}
	return nil
}

// observeUnknown lets an operator look at money that moved without being asked for.
func (p *Payment) observeUnknown(o Observation) {
	if o.Kind == FoundFailed {
		return
	}
	var of *Operation
	switch o.What {
	case Capture:
		of = p.named(Authorize, o.Of)
	case Refund:
		of = p.named(Capture, o.Of)
	}
	if of != nil {
		of.Problem = fmt.Sprintf("the provider has a %s of %s under %q that nobody here asked for", o.What, o.Text(), o.Reference)
	}
}

// observeDispute records a dispute, or how one ended.
func (p *Payment) observeDispute(c Caller, o Observation) {
	if known := p.named(Dispute, o.Reference); known != nil {
		if known.State == Disputed && o.State != Disputed {
			known.State, known.AnsweredAt = o.State, c.Now
		}
		return
	}
	capture := p.named(Capture, o.Of)
	if capture == nil {
		return
	}
	left := capture.Request.Amount - p.Given(capture)
	if o.State != Won && (o.Currency != capture.Request.Currency || o.Amount > left) {
		capture.Problem = fmt.Sprintf("the provider has a dispute of %s under %q, and only %d of the capture were not given back", o.Text(), o.Reference, left)
		return
	}
	part := 0
	for p.part(capture.Step, Dispute, part) != nil {
		part++
	}
	op := p.addPart(c, capture.Step, Dispute, part, o.State)
	op.Request, op.Of, op.Fee, op.ProviderReference, op.AnsweredAt = Request{Money: o.Money}, capture.ID, o.Fee, o.Reference, c.Now
}
