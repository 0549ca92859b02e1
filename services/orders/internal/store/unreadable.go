package store

import (
	"fmt"

	"github.com/ordersaga/ordersaga/platform/unavailable"
)

// Unreadable says that this version of the service cannot read an order: the log has an event of it
// that a newer version wrote, as after a roll-back. To go on without that event would be to answer,
// or to decide, wrongly. Nothing is lost: the order can be read again when the newer version is
// back, and all others can meanwhile.
type Unreadable struct {
	OrderID string
	// Cause names the event.
	Cause error
}

func (e *Unreadable) Error() string {
	return fmt.Sprintf("this version of orders cannot read order %s: %v", e.OrderID, e.Cause)
}

// Unwrap says to borders that the same may be asked again later, and what callers are told.
func (e *Unreadable) Unwrap() error {
	return unavailable.New("A newer version of this service has changed the order, and this version cannot read it. "+
		"It can be read again when that version is back", e.Cause)
}
