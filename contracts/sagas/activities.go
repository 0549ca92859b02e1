package sagas

import (
	"time"

	"github.com/ordersaga/ordersaga/platform/refusal"
)

// Activity names, as the history in the Web UI shows them.
const (
	RecordPlaced      = "RecordPlaced"
	StartCompensation = "StartCompensation"
	ConfirmOrder      = "ConfirmOrder"
	RejectOrder       = "RejectOrder"
	CancelOrder       = "CancelOrder"
	ResumeUnsettled   = "ResumeUnsettled"
	MarkStuck         = "MarkStuck"
	ReserveStock      = "ReserveStock"
	AllocateStock     = "AllocateStock"
	ReleaseStock      = "ReleaseStock"
	AuthorizePayment  = "AuthorizePayment"
	VoidPayment       = "VoidPayment"
)

// Step names one step of one saga on one order: the key of the barrier.
type Step struct {
	OrderID string `json:"order_id"`
	Saga    string `json:"saga"`
	Name    string `json:"name"`
}

// ReserveStockInput is the input of ReserveStock.
type ReserveStockInput struct {
	Step    Step          `json:"step"`
	Lines   []Line        `json:"lines"`
	HoldFor time.Duration `json:"hold_for"`
}

// StockReserved is the result of ReserveStock, and a fact of the order.
type StockReserved struct {
	At        time.Time `json:"at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// StepInput is the input of AllocateStock, ReleaseStock and VoidPayment. For an
// undo it names the step to undo.
type StepInput struct {
	Step Step `json:"step"`
}

// AuthorizePaymentInput is the input of AuthorizePayment.
type AuthorizePaymentInput struct {
	Step          Step   `json:"step"`
	CustomerID    string `json:"customer_id"`
	Amount        int64  `json:"amount"` // minor units
	Currency      string `json:"currency"`
	PaymentMethod string `json:"payment_method"`
}

// PaymentAuthorized is the result of AuthorizePayment, and a fact of the order.
type PaymentAuthorized struct {
	At                time.Time `json:"at"`
	PaymentID         string    `json:"payment_id"`
	ProviderReference string    `json:"provider_reference"`
}

// StartCompensationInput is the input of StartCompensation.
type StartCompensationInput struct {
	OrderID string           `json:"order_id"`
	Refusal *refusal.Refusal `json:"refusal"` // why
}

// SettleInput is the input of ConfirmOrder, RejectOrder and CancelOrder: the
// order and the facts of the steps that were done.
type SettleInput struct {
	OrderID           string             `json:"order_id"`
	StockReserved     *StockReserved     `json:"stock_reserved,omitempty"`
	PaymentAuthorized *PaymentAuthorized `json:"payment_authorized,omitempty"`
	Refusal           *refusal.Refusal   `json:"refusal,omitempty"` // why, unless confirmed
}

// MarkStuckInput is the input of MarkStuck.
type MarkStuckInput struct {
	OrderID   string    `json:"order_id"`
	Saga      string    `json:"saga"`
	Step      string    `json:"step"`
	Attempts  int       `json:"attempts"`
	LastError string    `json:"last_error"`
	At        time.Time `json:"at"`
}
