// Package view has the JSON of orders in REST answers.
package view

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/personal"
)

// Money is an amount in the minor unit of its currency.
type Money struct {
	Amount   int64  `json:"amount" doc:"In the currency's minor unit: 1250 GBP is £12.50." example:"1250"`
	Currency string `json:"currency" doc:"ISO 4217 code." example:"GBP"`
}

// Order is an order as it is now.
type Order struct {
	ID               string        `json:"id" format:"uuid"`
	Number           string        `json:"number,omitempty" doc:"What people call the order." example:"100042"`
	Status           string        `json:"status" enum:"none,placed,confirmed,rejected,cancelled" doc:"placed: its saga is still at work. none: it is not even recorded."`
	PaymentStatus    string        `json:"payment_status" enum:"none,authorized,voided,partly_captured,captured,partly_refunded,refunded"`
	FulfilmentStatus string        `json:"fulfilment_status" enum:"unfulfilled,partly_shipped,shipped,delivered"`
	Completed        bool          `json:"completed,omitempty" doc:"Everything is shipped or cancelled, no money is held and no refund is owed."`
	CustomerID       string        `json:"customer_id" doc:"The subject of the shopper's token."`
	Lines            []OrderLine   `json:"lines" nullable:"false" doc:"As they were priced when the order was placed."`
	Adjustments      []Adjustment  `json:"adjustments" nullable:"false" doc:"Shipping, tax and discounts."`
	Total            Money         `json:"total" doc:"Of lines and adjustments, as the order was placed."`
	Due              Money         `json:"due" doc:"Of it, what is owed for units that were not cancelled."`
	Captured         Money         `json:"captured" doc:"What was charged."`
	Refunded         Money         `json:"refunded" doc:"What was given back of it."`
	Fees             Money         `json:"fees,omitzero" doc:"What was kept of it as fees of cancellations; absent when nothing was."`
	PlacedAt         *time.Time    `json:"placed_at,omitempty"`
	SettledAt        *time.Time    `json:"settled_at,omitempty" doc:"When it was confirmed, rejected or cancelled."`
	Payment          *OrderPayment `json:"payment,omitempty"`
	Reason           *Reason       `json:"reason,omitempty" doc:"Why it was rejected or cancelled."`
	Stuck            *Stuck        `json:"stuck,omitempty" doc:"Where its saga waits; for operators."`
	Version          int64         `json:"version" doc:"Counts the events of the order; the ETag."`

	Email           string            `json:"email,omitempty"`
	DeliveryAddress *personal.Address `json:"delivery_address,omitempty"`
	BillingAddress  *personal.Address `json:"billing_address,omitempty"`
	Erased          bool              `json:"personal_data_erased,omitempty" doc:"The order had an email or addresses, which cannot be read any more."`
	Actions         []Action          `json:"actions" nullable:"false" doc:"What can be done with the order."`
	Holds           []Hold            `json:"holds" nullable:"false" doc:"Why nothing of it is shipped now; it can be cancelled."`
	Reference       string            `json:"reference,omitempty" doc:"The shop's own name of the order."`
	Metadata        map[string]string `json:"metadata,omitempty" doc:"The shop's own data about the order."`
	Shipments       []Shipment        `json:"shipments" nullable:"false" doc:"The oldest first."`
	Refunds         []Refund          `json:"refunds" nullable:"false" doc:"The oldest first; refunds of cancellations are not among them."`
}

// OrderLine is a quantity of one product.
type OrderLine struct {
	Number    int32  `json:"number" doc:"Names the line; never used again for another."`
	SKU       string `json:"sku" example:"TEA-EARL-GREY"`
	Name      string `json:"name"`
	Quantity  int64  `json:"quantity" doc:"Units, as they were ordered."`
	Cancelled int64  `json:"cancelled,omitempty" doc:"Units of them that were cancelled."`
	Shipped   int64  `json:"shipped,omitempty" doc:"Units of them that were shipped."`
	UnitPrice Money  `json:"unit_price"`
	Tax       *Money `json:"tax,omitempty" doc:"The part of the order's tax that is of this line; absent when it is not known by line."`
}

// Adjustment of the total.
type Adjustment struct {
	Kind   string `json:"kind" enum:"shipping,tax,discount"`
	Amount Money  `json:"amount" doc:"A discount is negative."`
}

// OrderPayment is the payment that was authorized.
type OrderPayment struct {
	ID                string     `json:"id"`
	ProviderReference string     `json:"provider_reference"`
	AuthorizedAt      time.Time  `json:"authorized_at"`
	VoidedAt          *time.Time `json:"voided_at,omitempty" doc:"When the authorization was given back."`
}

// Hold is a reason for which an order is not shipped. It ends with its reason.
type Hold struct {
	Reason  string    `json:"reason" enum:"payment" doc:"payment: what is not shipped is neither authorized nor paid any more."`
	Since   time.Time `json:"since"`
	Missing Money     `json:"missing" doc:"What is not covered."`
}

// HoldsOf shows the holds of an order.
func HoldsOf(o *domain.Order) []Hold {
	holds := []Hold{}
	for _, hold := range o.Holds() {
		holds = append(holds, Hold{hold.Reason, hold.Since, Money(hold.Missing)})
	}
	return holds
}

// Reason says why an order was not confirmed.
type Reason struct {
	Code    string          `json:"code" example:"out_of_stock"`
	Message string          `json:"message,omitempty"`
	Details json.RawMessage `json:"details,omitempty" doc:"Of the code's own shape."`
}

// Stuck says where the saga that works on the order waits for its next try or for an operator.
type Stuck struct {
	Saga  string      `json:"saga" doc:"Its kind." example:"place-order"`
	Steps []StuckStep `json:"steps" nullable:"false"`
	Since time.Time   `json:"since"`
}

// StuckStep is a step that used up its attempts.
type StuckStep struct {
	Step      string `json:"step" example:"VoidPayment"`
	Attempts  int    `json:"attempts"`
	LastError string `json:"last_error"`
	Service   string `json:"service,omitempty" doc:"The one that was called." example:"payments"`
	Kind      string `json:"kind,omitempty" doc:"Of the error: unreachable, unavailable, timeout, refused or internal." example:"unavailable"`
	TraceID   string `json:"trace_id,omitempty" doc:"Finds the last attempt in logs and traces."`
}

// Of makes the JSON of an order, with its decrypted personal data. Internal errors are shown to
// operators only.
func Of(o *domain.Order, data personal.Data, operator bool) Order {
	shown := Order{
		ID:               o.ID(),
		Status:           string(o.Status()),
		PaymentStatus:    string(o.Payment()),
		FulfilmentStatus: string(o.Fulfilment()),
		CustomerID:       o.CustomerID(),
		Lines:            make([]OrderLine, len(o.Lines())),
		Adjustments:      make([]Adjustment, len(o.Adjustments())),
		Total:            Money(o.Total()),
		Due:              Money(o.Due()),
		PlacedAt:         When(o.PlacedAt()),
		SettledAt:        When(o.SettledAt()),
		Version:          o.Version(),
		Completed:        o.Completed(),
		Captured:         Money(o.Captured()),
		Refunded:         Money(o.Refunded()),
		Shipments:        []Shipment{},
		Refunds:          []Refund{},
		Holds:            HoldsOf(o),
		Actions:          actions(o, operator),
		Reference:        o.Reference(),
		Metadata:         o.Metadata(),
		Email:            data.Email,
		DeliveryAddress:  data.DeliveryAddress,
		BillingAddress:   data.BillingAddress,
		Erased:           o.Personal() != nil && data.IsZero(),
	}
	if o.Fees().Amount > 0 {
		shown.Fees = Money(o.Fees())
	}
	if o.Number() > 0 {
		shown.Number = strconv.FormatInt(o.Number(), 10)
	}
	cancelled, shipped, taxes := o.CancelledUnits(), o.ShippedUnits(), o.LineTaxes()
	for i, line := range o.Lines() {
		shown.Lines[i] = OrderLine{
			Number: line.Number, SKU: line.SKU, Name: line.Name, Quantity: line.Quantity, Cancelled: cancelled[line.Number], Shipped: shipped[line.Number],
			UnitPrice: Money{Amount: line.UnitPrice, Currency: o.Total().Currency},
		}
		if taxes != nil {
			shown.Lines[i].Tax = &Money{Amount: taxes[i], Currency: o.Total().Currency}
		}
	}
	for i, adjustment := range o.Adjustments() {
		shown.Adjustments[i] = Adjustment{
			Kind: adjustment.Kind, Amount: Money{Amount: adjustment.Amount, Currency: o.Total().Currency},
		}
	}
	if charge := o.Charge(); charge != nil {
		shown.Payment = &OrderPayment{ID: charge.PaymentID, ProviderReference: charge.ProviderReference, AuthorizedAt: charge.AuthorizedAt, VoidedAt: When(charge.VoidedAt)}
	}
	for _, request := range o.Requests() {
		switch {
		case request.Shipment != nil:
			shown.Shipments = append(shown.Shipments, ShipmentOf(o, request, operator))
		case request.Refund != nil:
			shown.Refunds = append(shown.Refunds, RefundOf(o, request, operator))
		}
	}
	shown.Reason = reasonOf(o.Refused())
	if operator {
		shown.Stuck = StuckOf(o)
	}
	return shown
}

// StuckOf shows where the saga of an order is stuck; nil when it is not.
func StuckOf(o *domain.Order) *Stuck {
	stuck := o.Stuck()
	if stuck == nil {
		return nil
	}
	shown := &Stuck{Saga: o.Saga().Kind, Steps: make([]StuckStep, len(stuck.Steps)), Since: stuck.Since}
	for i, step := range stuck.Steps {
		shown.Steps[i] = StuckStep(step)
	}
	return shown
}

// When is a time as it is shown: nil when it has not come.
func When(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// Path returns an order's REST path.
func Path(id string) string { return "/v1/orders/" + id }
