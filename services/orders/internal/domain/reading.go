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

// Payment tells how far the money has come.
func (o *Order) Payment() PaymentStatus { return o.payment }

// Fulfilment tells how far the goods have come.
func (o *Order) Fulfilment() FulfilmentStatus { return o.fulfilment }

// Placed tells whether the order was ever recorded as placed: only then it has a customer, lines
// and a total.
func (o *Order) Placed() bool { return !o.placedAt.IsZero() }

// CustomerID is the subject of the shopper's token.
func (o *Order) CustomerID() string { return o.customerID }

// RequestHash is the hex SHA-256 of the request that placed the order.
func (o *Order) RequestHash() string { return o.requestHash }

// Lines in the order of the request. Not to be changed.
func (o *Order) Lines() []Line { return o.lines }

// Adjustments of the total. Not to be changed.
func (o *Order) Adjustments() []Adjustment { return o.adjustments }

// Total of lines and adjustments.
func (o *Order) Total() Money { return o.total }

// Number is what people call the order; 0 when it has none: it was placed before orders had numbers.
func (o *Order) Number() int64 { return o.number }

// Reference is the shop's own name of the order, empty when it gave none.
func (o *Order) Reference() string { return o.reference }

// Metadata is the shop's own data about the order. Not to be changed.
func (o *Order) Metadata() map[string]string { return o.metadata }

// Personal is the encrypted personal data, nil when the order has none.
func (o *Order) Personal() *Sealed { return o.personal }

// PlacedAt is when the customer placed the order.
func (o *Order) PlacedAt() time.Time { return o.placedAt }

// SettledAt is when the order was confirmed, rejected or cancelled; zero before.
func (o *Order) SettledAt() time.Time { return o.settledAt }

// Hold is the stock that was reserved, nil when it is not known to have been.
func (o *Order) Hold() *Hold { return o.hold }

// Charge is the payment that was authorized, nil when it is not known to have been.
func (o *Order) Charge() *Charge { return o.charge }

// Refused says why the order was rejected or cancelled, nil when it was not.
func (o *Order) Refused() *Refused { return o.refused }

// Saga is the one that works on the order, nil when none does.
func (o *Order) Saga() *OpenSaga { return o.saga }

// Stuck says where the open saga waits, nil when it goes on.
func (o *Order) Stuck() *Stuck {
	if o.saga == nil {
		return nil
	}
	return o.saga.Stuck
}
