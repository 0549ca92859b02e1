package domain

// PaymentStatus is what is known of an order's payment as a whole.
type PaymentStatus string

const (
	PaymentNone       PaymentStatus = "none"       // nothing was ever asked of the provider
	PaymentPending    PaymentStatus = "pending"    // the provider was asked; the outcome is not known
	PaymentAuthorized PaymentStatus = "authorized" // the amount is held
	PaymentDeclined   PaymentStatus = "declined"
	PaymentVoiding    PaymentStatus = "voiding" // to be given back, not yet proved
	PaymentVoided     PaymentStatus = "voided"  // nothing is held any more
)

// PaymentStatusOf is the status of a payment whose latest operation is in the given state.
func PaymentStatusOf(s State) PaymentStatus {
	switch s {
	case Sending:
		return PaymentPending
	case Authorized:
		return PaymentAuthorized
	case Declined:
		return PaymentDeclined
	case VoidRequested, Voiding:
		return PaymentVoiding
	case Voided, NeverCharged:
		return PaymentVoided
	default:
		return PaymentNone
	}
}
