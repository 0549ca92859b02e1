package domain

import "time"

// ID of the order, a UUID.
func (o *Order) ID() string { return o.id }

// Version is the number of events the order was folded from.
func (o *Order) Version() int64 { return o.version }

// Changes are the events recorded since the order was folded.
func (o *Order) Changes() []Event { return o.changes }

// Status of the order.
func (o *Order) Status() Status { return o.status }

// Placed reports whether the order was recorded as placed: only then it has a customer, lines and a
// total.
func (o *Order) Placed() bool { return !o.placedAt.IsZero() }

// CustomerID is the subject of the shopper's token.
func (o *Order) CustomerID() string { return o.customerID }

// RequestHash is the hex SHA-256 of the request that placed the order.
func (o *Order) RequestHash() string { return o.requestHash }

// Lines in the order of the request. It must not be changed.
func (o *Order) Lines() []Line { return o.lines }

// Adjustments of the total. It must not be changed.
func (o *Order) Adjustments() []Adjustment { return o.adjustments }

// Total of lines and adjustments.
func (o *Order) Total() Money { return o.total }

// Number is the order's number for people; 0 for older orders.
func (o *Order) Number() int64 { return o.number }

// Reference is the shop's own name of the order, empty when it gave none.
func (o *Order) Reference() string { return o.reference }

// Metadata is the shop's own data about the order. It must not be changed.
func (o *Order) Metadata() map[string]string { return o.metadata }

// Personal is the encrypted personal data, nil when the order has none.
func (o *Order) Personal() *Sealed { return o.personal }

// PlacedAt is when the customer placed the order.
func (o *Order) PlacedAt() time.Time { return o.placedAt }

// SettledAt is when the order was confirmed, rejected or cancelled; zero before.
func (o *Order) SettledAt() time.Time { return o.settledAt }

// Hold is the reserved stock, nil when none is recorded.
func (o *Order) Hold() *Hold { return o.hold }

// Charge is the authorized payment, nil when none is recorded.
func (o *Order) Charge() *Charge { return o.charge }

// Refused is the reason why the order was rejected or cancelled, or nil.
func (o *Order) Refused() *Refused { return o.refused }

// Saga is the open saga, or nil.
func (o *Order) Saga() *OpenSaga { return o.saga }

// Stuck has the steps in which the open saga is stuck, nil when it is not.
func (o *Order) Stuck() *Stuck {
	if o.saga == nil {
		return nil
	}
	return o.saga.Stuck
}
