// Package orderlist has the documents that lists of orders are read from: one small summary an
// order. They are made from the log alone and can be thrown away. A whole order is the fold of its
// stream.
package orderlist

import (
	"time"

	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Definition of the read model. An order is also found by its number.
var Definition = readmodel.Definition{
	Name: "orders", Indexes: []string{NumberField}, Former: []string{"orders", "order_summaries"},
}

// Fields that are asked for: the order's number, and its status.
const (
	NumberField = "number"
	StatusField = "status"
)

// All is the list of all orders.
const All = readmodel.List("all")

// OfCustomer is the list of a customer's orders.
func OfCustomer(customerID string) readmodel.List { return readmodel.ListOf("c", customerID) }

// Lists are those that an order belongs to.
func Lists(o *domain.Order) []readmodel.List {
	if o.CustomerID() == "" {
		return []readmodel.List{All} // nothing but the trouble of its saga is recorded
	}
	return []readmodel.List{All, OfCustomer(o.CustomerID())}
}

// Summary is an order in lists. It has few fields: what a page costs is the decoding of its
// documents. Times have milliseconds here.
type Summary struct {
	ID               string     `bson:"_id"`
	Version          int64      `bson:"version"`
	Number           int64      `bson:"number"`
	Reference        string     `bson:"reference,omitempty"`
	CustomerID       string     `bson:"customer_id"`
	Status           string     `bson:"status"`
	PaymentStatus    string     `bson:"payment_status"`
	FulfilmentStatus string     `bson:"fulfilment_status"`
	Lines            int        `bson:"lines"`
	Total            Money      `bson:"total"`
	Reason           string     `bson:"reason,omitempty"`
	StuckSteps       []string   `bson:"stuck_steps,omitempty"`
	PlacedAt         *time.Time `bson:"placed_at,omitempty"`
	SettledAt        *time.Time `bson:"settled_at,omitempty"`
	// Place in the list of all orders, and in its customer's.
	Place         int64 `bson:"place"`
	CustomerPlace int64 `bson:"customer_place"`
	// Pages are the windows of both.
	Pages []string `bson:"pages"`
}

// Money is an amount in the minor unit of its currency.
type Money struct {
	Amount   int64  `bson:"amount"`
	Currency string `bson:"currency"`
}

// Of makes the summary of an order that has these places.
func Of(o *domain.Order, places map[readmodel.List]int64) Summary {
	s := Summary{
		ID:               o.ID(),
		Version:          o.Version(),
		Number:           o.Number(),
		Reference:        o.Reference(),
		CustomerID:       o.CustomerID(),
		Status:           string(o.Status()),
		PaymentStatus:    string(o.Payment()),
		FulfilmentStatus: string(o.Fulfilment()),
		Lines:            len(o.Lines()),
		Total:            Money(o.Total()),
		PlacedAt:         view.When(o.PlacedAt()),
		SettledAt:        view.When(o.SettledAt()),
		Place:            places[All],
		CustomerPlace:    places[OfCustomer(o.CustomerID())],
	}
	for _, list := range Lists(o) {
		if place, given := places[list]; given {
			s.Pages = append(s.Pages, list.Windows(place)...)
		}
	}
	if why := o.Refused(); why != nil {
		s.Reason = why.Reason
	}
	if stuck := o.Stuck(); stuck != nil {
		for _, step := range stuck.Steps {
			s.StuckSteps = append(s.StuckSteps, step.Step)
		}
	}
	return s
}
