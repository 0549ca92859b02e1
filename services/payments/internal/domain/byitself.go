package domain

// ChangedByItself reports whether the change of an operation, from before to now, is one that no
// answer to a saga tells: what was accepted or had succeeded failed, or an authorization ended.
func (o *Operation) ChangedByItself(before *Operation) bool {
	if o.State == before.State {
		return false
	}
	switch o.Kind {
	case Capture, Refund:
		return before.State != Sending && (o.State == Failed || o.State == Reversed)
	case Authorize:
		return before.State == Authorized && (o.State == Voided || o.State == Expired || o.State == Captured)
	}
	return false
}
