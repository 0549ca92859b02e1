package provider

import (
	"context"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// Entry is one record of the provider's books as it stands.
type Entry struct {
	What domain.Kind // Authorize, Capture, Refund or Dispute
	// Fact says what is known of it. Of a dispute, the kind is Disputed, Won or Lost.
	Fact
	// Of is the provider's name of the authorization that was captured, or of the capture that was
	// refunded or disputed.
	Of string
	// Fee of a dispute, in minor units.
	Fee int64
	// Unclear says why the adapter does not know what the record says; then only its names are here.
	Unclear string
}

// Of a dispute.
const (
	Disputed = Kind(domain.Disputed)
	Won      = Kind(domain.Won)
	Lost     = Kind(domain.Lost)
)

// Taken tells whether money of an authorization is held, or was captured.
func (e Entry) Taken() bool { return e.What == domain.Authorize && e.Open+e.Captured > 0 }

// Statements is what a provider can tell an auditor: everything it ever did for
// an order, whatever key it was asked with. A provider need not be able to.
type Statements interface {
	Statement(ctx context.Context, orderID string) ([]Entry, error)
}

// Page is a part of a list.
type Page struct {
	Entries []Entry
	Next    string // the cursor of the next page, also on the last one: it has what changes later
	More    bool   // there is a next page now
}

// Lists is what a provider can tell of all orders: its records in the order of their last changes,
// from after a cursor on, "" being the start. What changes while pages are read comes again. A
// provider need not be able to; then what happens there by itself is found only when somebody asks
// for the order.
type Lists interface {
	List(ctx context.Context, after string) (Page, error)
}
