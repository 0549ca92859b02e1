package store

import (
	"fmt"

	"github.com/ordersaga/ordersaga/platform/unavailable"
)

// Unreadable means that this version of the service cannot read an order, because a newer version
// has written one of its events, as after a roll-back. Without that event answers and decisions
// would be wrong. The order can be read again with the newer version; other orders are not
// affected.
type Unreadable struct {
	OrderID string
	// Cause names the event.
	Cause error
}

func (e *Unreadable) Error() string {
	return fmt.Sprintf("this version of orders cannot read order %s: %v", e.OrderID, e.Cause)
}

// Unwrap returns an unavailable error with the message for callers.
func (e *Unreadable) Unwrap() error {
	return unavailable.New("A newer version of this service has changed the order, and this version cannot read it. "+
		"It can be read again when that version is back", e.Cause)
}
