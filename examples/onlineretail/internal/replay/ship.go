package replay

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"time"

	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/api"
	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/invoices"
)

// mostShipments of one order.
const mostShipments = 3

// Shipped is what became of a confirmed order.
type Shipped struct {
	Invoice invoices.Invoice
	// Shipments and Cancellations that were carried out.
	Shipments     int
	Cancellations []invoices.Cancellation
	// Units and Money (in pence) are placed, and where they are.
	Units, Money Parts
	// Captured and Refunded, in pence.
	Captured, Refunded int64
	Failure
}

// Parts of what was placed: the others add up to it.
type Parts struct {
	Placed    int64 `json:"placed"`
	Shipped   int64 `json:"shipped"`
	Cancelled int64 `json:"cancelled"`
	Open      int64 `json:"open"`
}

// Failure says why an order was not shipped as it should be.
type Failure struct {
	Reason string // no-answer, shipment-refused, does-not-add-up; empty when all is well
	Detail string // for people
}

// Reasons of failures, besides those of orders.
const (
	ShipmentRefused = "shipment-refused"
	DoesNotAddUp    = "does-not-add-up"
)

// lineUnits are units of a line of an order.
type lineUnits struct {
	Line     int32 `json:"line"`
	Quantity int64 `json:"quantity"`
}

// request is a shipment or a cancellation as the service shows it.
type request struct {
	Status string     `json:"status"`
	Amount Money      `json:"amount"`
	DoneAt *time.Time `json:"done_at"`
	Why    *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"why"`
}

// Ship cancels what cancellation invoices take back of a confirmed order, and ships the rest in one
// to three shipments. What an earlier run did is not done again.
func (s *Shop) Ship(ctx context.Context, placed Outcome) Shipped {
	done := Shipped{Invoice: placed.Invoice}
	if err := s.ship(ctx, placed, &done); err != nil {
		var refused shipmentRefused
		switch {
		case errors.Is(ctx.Err(), context.Canceled):
			done.Reason = Interrupted
		case errors.As(err, &refused):
			done.Reason = ShipmentRefused
		case errors.Is(err, errBooks):
			done.Reason = DoesNotAddUp
		default:
			done.Reason = NoAnswer
		}
		done.Detail = err.Error()
	}
	return done
}

// errBooks means that the parts of an order contradict each other.
var errBooks = errors.New("the order does not add up")

type shipmentRefused struct{ why string }

func (r shipmentRefused) Error() string { return "a shipment was refused: " + r.why }

func (s *Shop) ship(ctx context.Context, placed Outcome, done *Shipped) error {
	where := s.Orders + placed.Order
	order, err := s.look(ctx, where)
	if err != nil {
		return err
	}
	numbers := map[string]int32{}
	for _, line := range order.Lines {
		numbers[line.SKU] = line.Number
	}
	left := map[string]int64{} // units by SKU
	for _, line := range placed.Invoice.Lines {
		left[line.SKU] = line.Quantity
	}
	cancelled := int64(0)
	for _, c := range placed.Invoice.Cancellations {
		body := map[string]any{"reason": "customer", "note": "cancellation invoice " + c.Number}
		if !c.Whole {
			body["lines"] = numbered(c.Lines, numbers)
		}
		answer, err := s.act(ctx, api.Request{
			Method: http.MethodPost, URL: where + "/cancellations", As: api.Caller{Subject: placed.Invoice.Shopper}, Key: s.key("cancel-" + c.Number), Body: body,
		})
		if err != nil {
			return fmt.Errorf("cancellation %s: %w", c.Number, err)
		}
		cancelled += answer.Amount.Amount
		done.Cancellations = append(done.Cancellations, c)
		for _, line := range c.Lines {
			left[line.SKU] -= line.Quantity
		}
	}
	for i, lines := range parcels(placed.Invoice, left) {
		answer, err := s.act(ctx, api.Request{
			Method: http.MethodPost, URL: where + "/shipments", As: Operator, Key: s.key(fmt.Sprintf("ship-%s-%d", placed.Invoice.Number, i+1)),
			Body: map[string]any{"lines": numbered(lines, numbers), "carrier": "Online Retail"},
		})
		switch {
		case err != nil:
			return fmt.Errorf("shipment %d: %w", i+1, err)
		case answer.Why != nil:
			return shipmentRefused{answer.Why.Code + ": " + answer.Why.Message}
		}
		done.Shipments++
	}
	if order, err = s.look(ctx, where); err != nil {
		return err
	}
	return done.add(order, cancelled)
}

// parcels divides the units that are left of an invoice among one to three shipments, always the
// same for the same invoice. A shipment of nothing is left out.
func parcels(invoice invoices.Invoice, left map[string]int64) (shipments [][]invoices.Line) {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(invoice.Number)) // never fails
	number := int64(hash.Sum32()%mostShipments) + 1
	for part := range number {
		var lines []invoices.Line
		for _, line := range invoice.Lines {
			units := left[line.SKU]
			if some := units*(part+1)/number - units*part/number; some > 0 {
				lines = append(lines, invoices.Line{SKU: line.SKU, Quantity: some})
			}
		}
		if len(lines) > 0 {
			shipments = append(shipments, lines)
		}
	}
	return shipments
}

func numbered(lines []invoices.Line, numbers map[string]int32) []lineUnits {
	units := make([]lineUnits, len(lines))
	for i, line := range lines {
		units[i] = lineUnits{Line: numbers[line.SKU], Quantity: line.Quantity}
	}
	return units
}

// act makes a request on an order and waits until it is done or refused.
func (s *Shop) act(ctx context.Context, r api.Request) (done request, err error) {
	ctx, cancel := s.patiently(ctx)
	defer cancel()
	r.Prefer, r.IfMatch = "wait=30", "*"
	answer, err := s.Client.Do(ctx, r)
	if err != nil {
		return done, err
	}
	where, err := url.JoinPath(s.Orders, answer.Header.Get("Location"))
	if err != nil {
		return done, fmt.Errorf("the location %q: %w", answer.Header.Get("Location"), err)
	}
	for pause := firstLook; ; pause = min(2*pause, lastLook) {
		if err := answer.Decode(&done); err != nil || done.DoneAt != nil {
			return done, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return done, fmt.Errorf("%s is still %q: %w", where, done.Status, context.Cause(ctx))
		}
		if answer, err = s.Client.Do(ctx, api.Request{Method: http.MethodGet, URL: where, As: r.As}); err != nil {
			return done, err
		}
	}
}

// look reads an order as an operator.
func (s *Shop) look(ctx context.Context, where string) (seen order, err error) {
	ctx, cancel := s.patiently(ctx)
	defer cancel()
	answer, err := s.Client.Do(ctx, api.Request{Method: http.MethodGet, URL: where, As: Operator})
	if err != nil {
		return order{}, err
	}
	return seen, answer.Decode(&seen)
}

// add takes the parts over from an order, and fails when they contradict each other or what was
// answered to its cancellations.
func (d *Shipped) add(o order, cancelled int64) error {
	for _, line := range o.Lines {
		d.Units.Placed += line.Quantity
		d.Units.Shipped += line.Shipped
		d.Units.Cancelled += line.Cancelled
	}
	d.Units.Open = d.Units.Placed - d.Units.Shipped - d.Units.Cancelled
	d.Money = Parts{Placed: o.Total.Amount, Cancelled: o.Total.Amount - o.Due.Amount}
	for _, shipment := range o.Shipments {
		if shipment.Status == "shipped" || shipment.Status == "delivered" {
			d.Money.Shipped += shipment.Amount.Amount
		}
	}
	d.Money.Open = o.Due.Amount - d.Money.Shipped
	d.Captured, d.Refunded = o.Captured.Amount, o.Refunded.Amount
	switch {
	case d.Units.Open != 0:
		return fmt.Errorf("%w: of %d units %d were shipped and %d cancelled", errBooks, d.Units.Placed, d.Units.Shipped, d.Units.Cancelled)
	case d.Money.Open != 0:
		return fmt.Errorf("%w: %d pence are due, and its shipments are %d", errBooks, o.Due.Amount, d.Money.Shipped)
	case d.Money.Cancelled != cancelled:
		return fmt.Errorf("%w: it has %d pence less due, and its cancellations are %d", errBooks, d.Money.Cancelled, cancelled)
	case d.Captured-d.Refunded != o.Due.Amount:
		return fmt.Errorf("%w: %d pence are due, and %d were captured and %d refunded", errBooks, o.Due.Amount, d.Captured, d.Refunded)
	}
	return nil
}
