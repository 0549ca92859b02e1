package domain

import (
	"fmt"
	"slices"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain/slots"
)

// CapturePolicy says when money is captured.
type CapturePolicy string

// Values of CapturePolicy. An authorization that can be captured once is captured whole with its
// first shipment in any case.
const (
	CapturePerShipment CapturePolicy = "per_shipment" // each shipment captures its own units
	CaptureAll         CapturePolicy = "all"          // the first shipment captures everything that is due
)

// ShipRequest asks to ship units of an order.
type ShipRequest struct {
	Ask
	// Lines are the units to ship; none: everything that is left.
	Lines []LineUnits
	Parcel
	Policy CapturePolicy
}

// Parcel is what the carrier calls a shipment.
type Parcel struct {
	Carrier  string `json:"carrier,omitempty"`
	Tracking string `json:"tracking,omitempty"` // a code or an https address
}

// Shipment is the units that are shipped and the amount that is captured for them. It is the input
// of the saga; while the saga is open, the order claims the units and the amount.
type Shipment struct {
	Ask
	Parcel
	Units []slots.Range `json:"units"`
	// Shipping belongs to the first shipment.
	Shipping bool `json:"shipping,omitempty"`
	// Amount of the units; what of it is captured is another amount when some is prepaid, or more
	// is captured with it.
	Amount  Money         `json:"amount"`
	Parts   slots.Amounts `json:"parts"`
	Capture Money         `json:"capture"`
	// Last means that nothing is captured later, Rest that something of the authorization is left
	// then, which is voided.
	Last          bool   `json:"last,omitempty"`
	Rest          bool   `json:"rest,omitempty"`
	Authorization string `json:"authorization_id"`
}

// Shipping returns the saga of a request to ship.
func Shipping(instance string) Saga { return Saga{Kind: sagas.KindShipOrder, Instance: instance} }

// PlanShipment returns what a request would ship now. It refuses with order_settled when the order
// was rejected or cancelled, with saga_in_progress while another saga works on it, with
// order_on_hold while it has a hold, with units_not_shippable when a line has fewer units left, with
// amount_exceeds_open when less is authorized than has to be captured, and with
// authorization_unknown when the order is too old to be captured.
func (o *Order) PlanShipment(request ShipRequest) (Shipment, error) {
	if err := o.checkFree(); err != nil {
		return Shipment{}, err
	}
	if err := o.checkHolds(); err != nil {
		return Shipment{}, err
	}
	if o.charge == nil || o.charge.Authorization == "" {
		return Shipment{}, refusal.New(refusals.AuthorizationUnknown, "The order's authorization has no id to capture it by", nil)
	}
	taken, left, err := o.take(request.Lines, refusals.UnitsNotShippable, "shipped")
	if err != nil {
		return Shipment{}, err
	}
	planned := Shipment{
		Ask: request.Ask, Parcel: request.Parcel, Units: taken, Shipping: len(o.shipped) == 0, Authorization: o.charge.Authorization,
	}
	amounts, err := o.amountsOf(planned.Units, planned.Shipping)
	if err != nil {
		return Shipment{}, err
	}
	planned.Amount, planned.Parts = Money{Amount: amounts.Total(), Currency: o.total.Currency}, amounts
	all := request.Policy == CaptureAll || !o.charge.MultiCapture
	planned.Capture = Money{Amount: max(0, planned.Amount.Amount-o.Prepaid().Amount), Currency: o.total.Currency}
	if all {
		planned.Capture.Amount = max(0, o.Due().Amount-o.kept())
	}
	if planned.Capture.Amount > o.open {
		return Shipment{}, refusal.New(refusals.AmountExceedsOpen,
			fmt.Sprintf("%s has to be captured, and only %s is authorized", planned.Capture.Text(), o.Open().Text()), refusals.AmountLeftDetails(o.Open()))
	}
	planned.Last = all || left == 0
	planned.Rest = planned.Last && o.open > planned.Capture.Amount
	return planned, nil
}

// BeginShipment records that ShipOrder works on the order from now on. It refuses as PlanShipment
// does.
func (o *Order) BeginShipment(request ShipRequest, at time.Time) (Shipment, error) {
	planned, err := o.PlanShipment(request)
	if err != nil {
		return Shipment{}, err
	}
	return planned, o.begin(Shipping(request.Instance), planned, at)
}

// endShipment records that the units have left. Their amount must be captured.
func (o *Order) endShipment(request *Request, done []Done, at time.Time) error {
	shipment := *request.Shipment
	if !capturedFor(done, request.Instance, shipment.Capture) {
		return fmt.Errorf("ship order %s: %w: %s are not captured for shipment %s", o.id, ErrFacts, shipment.Capture, request.Instance)
	}
	o.recordDone(done)
	if shipment.Last && o.open > 0 {
		return fmt.Errorf("ship order %s: %w: %d are still authorized", o.id, ErrFacts, o.open)
	}
	o.record(at, UnitsShipped{Instance: request.Instance, CustomerID: o.customerID, Shipment: shipment})
	return nil
}

// capturedFor reports whether an amount was captured for a request.
func capturedFor(done []Done, instance string, amount Money) bool {
	return slices.ContainsFunc(done, func(d Done) bool {
		fact, ok := d.Fact.(PaymentCaptured)
		return ok && fact.Shipment == instance && fact.Amount == amount
	})
}

// shipment returns a shipment that has left. It refuses with shipment_unknown.
func (o *Order) shipment(instance string) (*Request, error) {
	request := o.Request(instance)
	if request == nil || request.Shipment == nil || !request.Done() {
		return nil, refusal.New(refusals.ShipmentUnknown, "The order has no such shipment that has left", nil)
	}
	return request, nil
}

// Track changes what the carrier calls a shipment. It refuses with shipment_unknown.
func (o *Order) Track(instance string, parcel Parcel, at time.Time) error {
	request, err := o.shipment(instance)
	if err != nil || request.Shipment.Parcel == parcel {
		return err
	}
	o.record(at, ShipmentTracked{Shipment: instance, CustomerID: o.customerID, Parcel: parcel})
	return nil
}

// Deliver records once that a shipment has arrived. It refuses with shipment_unknown.
func (o *Order) Deliver(instance, by string, at time.Time) error {
	request, err := o.shipment(instance)
	if err != nil || !request.Delivered.IsZero() {
		return err
	}
	o.record(at, ShipmentDelivered{Shipment: instance, CustomerID: o.customerID, By: by})
	return nil
}

func (e UnitsShipped) applyTo(o *Order, at time.Time) {
	o.shipped = append(o.shipped, e.Units...)
	o.books.shipped += e.Amount.Amount
	o.post(Entry{ID: e.Instance + "/shipped", At: at, Text: "Units were shipped", Lines: []EntryLine{
		{Customer, e.Amount.Amount}, {Discount, e.Parts.Discount}, {Goods, -e.Parts.Goods}, {ShippingCosts, -e.Parts.Shipping}, {Tax, -e.Parts.Tax},
	}})
}

func (e ShipmentTracked) applyTo(o *Order, _ time.Time) {
	if request := o.Request(e.Shipment); request != nil && request.Shipment != nil {
		tracked := *request.Shipment
		tracked.Parcel = e.Parcel
		request.Shipment = &tracked
	}
}

func (e ShipmentDelivered) applyTo(o *Order, at time.Time) {
	if request := o.Request(e.Shipment); request != nil {
		request.Delivered = at
	}
}

// Fulfilment is how far the goods have come.
func (o *Order) Fulfilment() FulfilmentStatus {
	if len(o.shipped) == 0 {
		return FulfilmentStatusUnfulfilled
	}
	for _, free := range o.free() {
		if free.Units() > 0 {
			return FulfilmentStatusPartlyShipped
		}
	}
	for _, request := range o.requests {
		if request.Shipment != nil && request.Done() && request.Delivered.IsZero() {
			return FulfilmentStatusShipped
		}
	}
	return FulfilmentStatusDelivered
}
