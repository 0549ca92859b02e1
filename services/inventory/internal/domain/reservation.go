package domain

import (
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// State of a reservation.
//
//	held ──▶ allocated ──▶ shipped
//	 │ ╲         │
//	 │  ╲        ▼
//	 │   ╰──▶ released
//	 ▼
//	expired
//
// Held and allocated are live: their quantities are part of a level's reserved.
type State string

// The states.
const (
	Held      State = "held"      // until it expires
	Allocated State = "allocated" // for good: the order is about to be confirmed, or is
	Shipped   State = "shipped"   // left the house
	Released  State = "released"  // undone by the order's saga
	Expired   State = "expired"   // the hold ran out
)

// Live tells whether the quantities of a reservation in this state are reserved.
func (s State) Live() bool { return s == Held || s == Allocated }

// Refusals of a reservation's verbs.
var (
	ErrHoldExpired = refusal.New(refusals.HoldExpired, "the hold on the stock has run out", nil)
	ErrReleased    = refusal.New(refusals.StepUndone, "the stock was released and cannot be allocated any more", nil)
)

// Reservation is what one order has of the stock.
type Reservation struct {
	orderID   string
	state     State
	expiresAt time.Time
}

// NewReservation is a reservation as it was stored.
func NewReservation(orderID string, state State, expiresAt time.Time) *Reservation {
	return &Reservation{orderID: orderID, state: state, expiresAt: expiresAt}
}

// State it is in.
func (r *Reservation) State() State { return r.state }

// HasRunOut tells whether a hold is over at a time. The instant of expiry is
// over already, here as in the sweep, so the two can never both have it.
func (r *Reservation) HasRunOut(now time.Time) bool {
	return r.state == Held && !now.Before(r.expiresAt)
}

// Allocate makes a hold last. An allocation that happened already is not done
// again and not refused. A hold that ran out is refused although the sweep has
// not come by yet: the shopper was promised the stock until then and no longer.
func (r *Reservation) Allocate(now time.Time) error {
	switch {
	case r.state == Expired || r.HasRunOut(now):
		return ErrHoldExpired
	case r.state == Released:
		return ErrReleased
	case r.state == Held:
		r.state = Allocated
	}
	return nil
}

// Release frees what is held or allocated. Nothing is left to free of one that
// expired or was released; what has shipped cannot come back this way.
func (r *Reservation) Release() error {
	switch {
	case r.state == Shipped:
		return fmt.Errorf("release the stock of order %s: it has shipped", r.orderID)
	case r.state.Live():
		r.state = Released
	}
	return nil
}
