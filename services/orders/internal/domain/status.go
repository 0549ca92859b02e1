package domain

// Status is how far an order has come.
type Status string

// Values of Status.
const (
	// StatusNone: the order is not recorded; its stream has at most events of its saga.
	StatusNone      Status = "none"
	StatusPlaced    Status = "placed"
	StatusConfirmed Status = "confirmed"
	StatusRejected  Status = "rejected"
	StatusCancelled Status = "cancelled"
)

// Settled reports whether the saga that places the order has ended.
func (s Status) Settled() bool {
	return s == StatusConfirmed || s == StatusRejected || s == StatusCancelled
}

// PaymentStatus is how far the money has come.
type PaymentStatus string

// Values of PaymentStatus.
const (
	PaymentStatusNone           PaymentStatus = "none"
	PaymentStatusAuthorized     PaymentStatus = "authorized"
	PaymentStatusVoided         PaymentStatus = "voided"
	PaymentStatusPartlyCaptured PaymentStatus = "partly_captured"
	PaymentStatusCaptured       PaymentStatus = "captured"
	PaymentStatusPartlyRefunded PaymentStatus = "partly_refunded"
	PaymentStatusRefunded       PaymentStatus = "refunded"
)

// FulfilmentStatus is how far the goods have come.
type FulfilmentStatus string

// Values of FulfilmentStatus.
const (
	FulfilmentStatusUnfulfilled   FulfilmentStatus = "unfulfilled"
	FulfilmentStatusPartlyShipped FulfilmentStatus = "partly_shipped" // units are left that are not cancelled
	FulfilmentStatusShipped       FulfilmentStatus = "shipped"
	FulfilmentStatusDelivered     FulfilmentStatus = "delivered"
)
