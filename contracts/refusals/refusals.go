// Package refusals names the reasons of business refusals between services and in answers.
//
// A reason is the Reason of a refusal, the type of an application error in a workflow, and (with
// dashes) the last part of a problem's type at the REST border. The structs are the shapes of the
// details that go with a reason.
package refusals

import "github.com/ordersaga/ordersaga/platform/refusal"

// Reasons.
const (
	// OutOfStock: inventory cannot hold every line. Details: OutOfStockDetails.
	OutOfStock = "out_of_stock"
	// HoldExpired: the reservation ran out before it was allocated.
	HoldExpired = "hold_expired"
	// PaymentDeclined: the provider declined the payment. Details: DeclinedDetails.
	PaymentDeclined = "payment_declined"
	// AmountExceedsDue: more was to be authorized than is due and not authorized yet. Details:
	// AmountLeftDetails.
	AmountExceedsDue = "amount_exceeds_due"
	// NoStoredPaymentMethod: there is no method at the provider that the shopper agreed to be charged
	// again.
	NoStoredPaymentMethod = "no_stored_payment_method"
	// AuthorizationUnknown: the order has no such authorization, or none in that currency.
	AuthorizationUnknown = "authorization_unknown"
	// AuthorizationEnded: nothing of the authorization can be captured any more. Details:
	// AuthorizationEndedDetails.
	AuthorizationEnded = "authorization_ended"
	// AmountExceedsOpen: more was to be captured than is open. Details: AmountLeftDetails.
	AmountExceedsOpen = "amount_exceeds_open"
	// CaptureFailed: the provider did not take the amount. Details: DeclinedDetails.
	CaptureFailed = "capture_failed"
	// RefundExceedsCaptured: more was to be refunded than is left of the captures. Details:
	// AmountLeftDetails.
	RefundExceedsCaptured = "refund_exceeds_captured"
	// UnknownProduct: no such product, or none that is for sale. Details: UnknownProductDetails.
	UnknownProduct = "unknown_product"
	// CurrencyMismatch: the product is not sold in that currency. Details: CurrencyMismatchDetails.
	CurrencyMismatch = "currency_mismatch"
	// TotalTooLarge: the sum does not fit.
	TotalTooLarge = "total_too_large"
	// TooManyOpenOrders: the customer has reached the limit of open orders. Details: RetryDetails.
	TooManyOpenOrders = "too_many_open_orders"
	// TooManyDeclines: the provider declined the customer's payments too often lately. Details:
	// RetryDetails.
	TooManyDeclines = "too_many_declines"
	// OrderSettled: the order is confirmed, rejected or cancelled already. Details:
	// OrderSettledDetails.
	OrderSettled = "order_settled"
	// RequestMismatch: the same idempotency key came with another request.
	RequestMismatch = "request_mismatch"
	// SagaInProgress: another saga works on the order. Details: SagaInProgressDetails.
	SagaInProgress = "saga_in_progress"
	// StepUndone: a step came after its own undo.
	StepUndone = "step_undone"
	// InvalidRequest: the request is invalid; a retry cannot succeed.
	InvalidRequest = "invalid_request"
	// UndoNotAllowed: the order's state forbids to undo the step.
	UndoNotAllowed = "undo_not_allowed"
	// OrderUnknown: the order is not in the log.
	OrderUnknown = "order_unknown"
	// SagaUnknown: the order has no such saga.
	SagaUnknown = "saga_unknown"
	// StepTimedOut: a step was not done by its business deadline, for technical reasons. The saga
	// gives this reason itself. Details: StepDetails.
	StepTimedOut = "step_timed_out"
	// Interrupted: the saga's run was ended from outside before its pivot, and another run undid
	// its steps.
	Interrupted = "interrupted"
	// Cancelled: the order was cancelled.
	Cancelled = "cancelled"
	// UnitsNotCancellable: a line has fewer units left than are to be cancelled. Details:
	// UnitsDetails.
	UnitsNotCancellable = "units_not_cancellable"
	// FeeExceedsAmount: the fee of a cancellation is above what the cancelled units are worth. Details:
	// AmountLeftDetails.
	FeeExceedsAmount = "fee_exceeds_amount"
	// FeeNotChargeable: the authorization can be captured once, and units are left to pay for.
	FeeNotChargeable = "fee_not_chargeable"
	// OrderOnHold: nothing of the order is shipped now. Details: OnHoldDetails.
	OrderOnHold = "order_on_hold"
	// UnitsNotShippable: a line has fewer units left than are to be shipped. Details: UnitsDetails.
	UnitsNotShippable = "units_not_shippable"
	// ShipmentUnknown: the order has no such shipment, or it has not left.
	ShipmentUnknown = "shipment_unknown"
	// RefundLimit: the operator may not give back as much of one order. Details: AmountLeftDetails.
	RefundLimit = "refund_limit"
	// NoDebt: there is no failed refund that is still owed.
	NoDebt = "no_debt"
	// NotAllocated: the order has fewer units of a line allocated than are to be freed or shipped.
	NotAllocated = "not_allocated"
	// SettlementDisagrees: the provider has something else under the reference of a settlement, or
	// nothing.
	SettlementDisagrees = "settlement_disagrees"
	// ActNotAllowed: an operator's act is not possible on the order now.
	ActNotAllowed = "act_not_allowed"
)

// MostNamed bounds the lists in the details of a refusal; the details also have the number of
// further items. Details are sent in gRPC trailers, of which proxies pass 8 KiB: 25 SKUs of 64
// characters with their quantities take less than half of it.
const MostNamed = 25

// Named returns the first MostNamed items, and the number of further ones.
func Named[T any](all []T) (named []T, more int) {
	if len(all) <= MostNamed {
		return all, 0
	}
	return all[:MostNamed:MostNamed], len(all) - MostNamed
}

// OutOfStockDetails names SKUs that are short, at most MostNamed.
type OutOfStockDetails struct {
	Shortages []Shortage `json:"shortages"`
	More      int        `json:"more,omitempty"` // further SKUs that are short
}

// Shortage is one SKU of which there is less than was asked for.
type Shortage struct {
	SKU       string `json:"sku"`
	Requested int64  `json:"requested"` // units
	Available int64  `json:"available"` // units left, 0 for an unknown SKU
}

// DeclinedDetails has the provider's code: "insufficient_funds".
type DeclinedDetails struct {
	DeclineCode string `json:"decline_code"`
}

// AuthorizationEndedDetails says how an authorization ended.
type AuthorizationEndedDetails struct {
	State string `json:"state"` // voided, expired, declined
}

// AmountLeftDetails says what is left to capture or to refund.
type AmountLeftDetails struct {
	Amount   int64  `json:"amount"` // minor units
	Currency string `json:"currency"`
}

// UnknownProductDetails names SKUs at fault, at most MostNamed.
type UnknownProductDetails struct {
	SKUs []string `json:"skus"`
	More int      `json:"more,omitempty"` // further SKUs at fault
}

// CurrencyMismatchDetails names SKUs that are sold in another currency, at most MostNamed.
type CurrencyMismatchDetails struct {
	Currency string   `json:"currency"` // what was asked for
	SKUs     []string `json:"skus,omitempty"`
	More     int      `json:"more,omitempty"` // further SKUs that are
}

// RetryDetails has the time after which the request may be repeated.
type RetryDetails struct {
	RetryAfter int64 `json:"retry_after"` // seconds
}

// OrderSettledDetails says how the order was settled.
type OrderSettledDetails struct {
	Status string `json:"status"` // confirmed, rejected or cancelled
	// Refusal says why, unless the order is confirmed.
	Refusal *refusal.Refusal `json:"refusal,omitempty"`
}

// SagaInProgressDetails names the saga that works on the order.
type SagaInProgressDetails struct {
	Saga string `json:"saga"`
	// RetryAfter is the seconds after which the request may be repeated; 0 when unknown.
	RetryAfter int64 `json:"retry_after,omitempty"`
}

// OnHoldDetails says why an order is not shipped.
type OnHoldDetails struct {
	Reason  string            `json:"hold"`  // payment
	Since   string            `json:"since"` // RFC 3339
	Missing AmountLeftDetails `json:"missing"`
}

// UnitsDetails has the units left of a line.
type UnitsDetails struct {
	Line      int32 `json:"line"`
	Requested int64 `json:"requested"` // units
	Left      int64 `json:"left"`      // units
}

// StepDetails names a step of a saga.
type StepDetails struct {
	Step string `json:"step"`
}
