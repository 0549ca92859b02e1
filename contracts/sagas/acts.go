package sagas

// Acts of operators on a stuck saga.
const (
	// ActRetry: the next try comes now.
	ActRetry = "retry"
	// ActSkip: the saga goes on without the step, which is not done.
	ActSkip = "skip"
	// ActSettle: the outcome of a payment step is looked up by the provider's name of it.
	ActSettle = "settle"
)

// skippable has the steps that may be skipped, by kind of saga and activity, and what that means
// for people. Steps whose effect another step or an invariant relies on are not among them.
var skippable = map[[2]string]string{
	{KindPlaceOrder, "VoidPayment"}:  keptHold,
	{KindCancelOrder, "VoidPayment"}: keptHold,
	{KindShipOrder, "VoidAuthorization"}: "the shipment ends although what is left of its authorization is not voided: it stays held until the end of " +
		"the authorization frees it",
}

const keptHold = "the order ends although its payment is not voided: the shopper's money stays held until payments, which " +
	"goes on by itself with a void that has reached it, or the end of the authorization frees it; until then `ordersaga verify` reports it"

// Settleable reports whether the outcome of a step can be looked up by the payment provider's name of
// it.
func Settleable(activity string) bool {
	switch activity {
	case AuthorizePayment.Name, VoidPayment.Name, CapturePayment.Name, RefundPayment.Name:
		return true
	}
	return false
}

// Skippable returns what it means to skip a step of a kind of saga, and whether that is allowed.
func Skippable(kind, activity string) (meaning string, ok bool) {
	meaning, ok = skippable[[2]string{kind, activity}]
	return meaning, ok
}
