package domain

import (
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// State of a reservation as a whole. Quantities per line say how much of it is where: parts of a
// line can be shipped or released while the rest stays.
//
//	held ──▶ allocated ──▶ shipped
//	 │ ╲         │
//	 │  ╲        ▼
//	 │   ╰──▶ released
//	 ▼
//	expired
//
// What is held or allocated is part of a level's reserved.
type State string

// The states.
const (
	Held      State = "held"      // until it expires
	Allocated State = "allocated" // for good: the order is about to be confirmed, or is
	Shipped   State = "shipped"   // some of it has left
	Released  State = "released"  // undone by the order's saga
	Expired   State = "expired"   // the hold ran out
)

// Refusals of a reservation's verbs.
var (
	ErrHoldExpired = refusal.New(refusals.HoldExpired, "The hold on the stock has run out", nil)
	ErrReleased    = refusal.New(refusals.StepUndone, "The stock was released and cannot be allocated any more", nil)
)

// ReservationID names a reservation: it belongs to the saga that made it.
type ReservationID struct {
	OrderID  string
	Saga     string // its kind
	Instance string // tells apart the sagas of one kind on one order
}

func (id ReservationID) String() string { return id.OrderID + "/" + id.Saga + "/" + id.Instance }

// Reservation is what one saga has of the stock for its order.
type Reservation struct {
	id        ReservationID
	state     State
	expiresAt time.Time
}

// NewReservation is a reservation as it was stored.
func NewReservation(id ReservationID, state State, expiresAt time.Time) *Reservation {
	return &Reservation{id: id, state: state, expiresAt: expiresAt}
}

// State it is in.
func (r *Reservation) State() State { return r.state }

// HasRunOut tells whether a hold is over at a time. The instant of expiry is over already, here as
// in the sweep, so the two can never both have it.
func (r *Reservation) HasRunOut(now time.Time) bool {
	return r.state == Held && !now.Before(r.expiresAt)
}

// Allocate makes a hold last. An allocation that happened already is not done again and not
// refused. A hold that ran out is refused although the sweep has not come by yet: the shopper was
// promised the stock until then and no longer.
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

// Release frees what is held or allocated. Nothing is left to free of one that expired or was
// released. A saga is not undone any more once some of it has shipped.
func (r *Reservation) Release() error {
	switch {
	case r.state == Shipped:
		return fmt.Errorf("release the stock of %s: some of it has shipped", r.id)
	case r.state == Held || r.state == Allocated:
		r.state = Released
	}
	return nil
}
