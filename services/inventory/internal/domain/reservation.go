package domain

import (
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// State is the state of a reservation as a whole. The quantities of each line have the details: a
// part of a line can be shipped or released. A reservation is shipped from its first unit on that
// has left; what is still allocated then can leave or be released, too, and it stays shipped.
//
//	held ──▶ allocated ──▶ shipped
//	 │ ╲         │
//	 │  ╲        ▼
//	 │   ╰──▶ released
//	 ▼
//	expired
//
// Held and allocated units are part of a level's reserved units.
type State string

// The states.
const (
	Held      State = "held"      // until it expires
	Allocated State = "allocated" // without an expiry: the order is about to be confirmed, or is
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
	Instance string // distinguishes sagas of one kind on one order
}

func (id ReservationID) String() string { return id.OrderID + "/" + id.Saga + "/" + id.Instance }

// Reservation is the stock reserved by one saga for its order.
type Reservation struct {
	id        ReservationID
	state     State
	expiresAt time.Time
}

// NewReservation makes a reservation from its stored values.
func NewReservation(id ReservationID, state State, expiresAt time.Time) *Reservation {
	return &Reservation{id: id, state: state, expiresAt: expiresAt}
}

// State returns the reservation's state.
func (r *Reservation) State() State { return r.state }

// HasRunOut reports whether a hold is over at a time. It is over at the instant of expiry, as in
// the sweep, so that allocation and sweep cannot both succeed.
func (r *Reservation) HasRunOut(now time.Time) bool {
	return r.state == Held && !now.Before(r.expiresAt)
}

// Allocate turns a hold into an allocation. A repeated allocation is not refused and changes
// nothing. A hold that ran out is refused, also before the sweep has ended it.
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

// Release frees held or allocated stock. It changes nothing when the reservation expired or was
// released. It fails when a part has shipped.
func (r *Reservation) Release() error {
	switch {
	case r.state == Shipped:
		return fmt.Errorf("release the stock of %s: some of it has shipped", r.id)
	case r.state == Held || r.state == Allocated:
		r.state = Released
	}
	return nil
}
