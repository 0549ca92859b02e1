package report

import (
	"time"

	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/replay"
)

// Shipping is what became of the confirmed orders after they were placed. Of units and of money, what
// was placed is the sum of what was shipped, cancelled and is open.
type Shipping struct {
	Orders    int          `json:"orders"`
	Shipments int          `json:"shipments"`
	Units     replay.Parts `json:"units"`
	Money     replay.Parts `json:"money"` // pence
	Captured  int64        `json:"captured"`
	Refunded  int64        `json:"refunded"`
	// Failed orders by reason.
	Failed  map[string]int `json:"failed"`
	Seconds float64        `json:"seconds"`
}

// Ship adds what became of the confirmed orders.
func (r *Report) Ship(orders []replay.Shipped, took time.Duration) {
	s := &Shipping{Orders: len(orders), Failed: map[string]int{}, Seconds: took.Seconds()}
	for _, order := range orders {
		s.Shipments += order.Shipments
		s.Units, s.Money = plus(s.Units, order.Units), plus(s.Money, order.Money)
		s.Captured += order.Captured
		s.Refunded += order.Refunded
		for _, c := range order.Cancellations {
			r.CarriedOut.Invoices, r.CarriedOut.Rows = r.CarriedOut.Invoices+1, r.CarriedOut.Rows+c.Rows
		}
		if order.Reason != "" {
			s.Failed[order.Reason]++
			r.unshipped = append(r.unshipped, order)
		}
	}
	r.Cancellations.Invoices -= r.CarriedOut.Invoices
	r.Cancellations.Rows -= r.CarriedOut.Rows
	r.Shipping = s
}

func plus(a, b replay.Parts) replay.Parts {
	return replay.Parts{Placed: a.Placed + b.Placed, Shipped: a.Shipped + b.Shipped, Cancelled: a.Cancelled + b.Cancelled, Open: a.Open + b.Open}
}
