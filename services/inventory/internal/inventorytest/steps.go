package inventorytest

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/durationpb"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	inventoryv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/inventory/v1"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
)

// Lines are the lines of an order, in units by SKU.
type Lines map[string]int64

// NewOrder returns the id of a new order.
func NewOrder() string { return uuid.NewString() }

// ReserveStep names the step that reserves for an order.
func ReserveStep(order string) *commonv1.Step {
	return &commonv1.Step{Saga: Placing(order), Name: "reserve-stock"}
}

// AllocateStep names the step that allocates.
func AllocateStep(order string) *commonv1.Step {
	return &commonv1.Step{Saga: Placing(order), Name: "allocate-stock"}
}

// Placing is the saga that places an order: there is one, so its instance is the order's id.
func Placing(order string) *commonv1.Saga {
	return &commonv1.Saga{OrderId: order, Kind: "place-order", Instance: order}
}

// Reserve holds lines for an hour.
func (w *World) Reserve(t testing.TB, order string, lines Lines) error {
	t.Helper()
	_, err := w.ReserveFor(t, order, time.Hour, lines)
	return err
}

// ReserveFor holds lines for a time and returns the expiry.
func (w *World) ReserveFor(t testing.TB, order string, hold time.Duration, lines Lines) (time.Time, error) {
	t.Helper()
	return w.ReserveListed(t, order, hold, listed(lines)...)
}

// listed numbers lines in the order of their SKUs.
func listed(lines Lines) (listed []*commonv1.Line) {
	for i, sku := range slices.Sorted(maps.Keys(lines)) {
		listed = append(listed, &commonv1.Line{Number: int32(i + 1), Sku: sku, Quantity: lines[sku]})
	}
	return listed
}

// ReserveListed holds lines in the order they are listed.
func (w *World) ReserveListed(t testing.TB, order string, hold time.Duration, lines ...*commonv1.Line) (time.Time, error) {
	t.Helper()
	answer, err := w.Stock.Reserve(Context(t), &inventoryv1.ReserveRequest{
		Step: ReserveStep(order), HoldFor: durationpb.New(hold), Lines: lines,
	})
	if err != nil {
		return time.Time{}, err
	}
	if len(answer.GetFacts()) != 1 || answer.GetFacts()[0].GetStockReserved() == nil {
		t.Errorf("a reservation is answered with its fact, not with %v", answer.GetFacts())
		return time.Time{}, nil
	}
	return answer.GetFacts()[0].GetStockReserved().GetExpiresAt().AsTime(), nil
}

// Allocate allocates the order's hold.
func (w *World) Allocate(t testing.TB, order string) error {
	t.Helper()
	_, err := w.Stock.Allocate(Context(t), &inventoryv1.AllocateRequest{Step: AllocateStep(order)})
	return err
}

// Release undoes the order's Reserve.
func (w *World) Release(t testing.TB, order string) error {
	t.Helper()
	_, err := w.ReleaseFacts(t, order)
	return err
}

// ReleaseFacts undoes the order's Reserve and returns the facts that are answered.
func (w *World) ReleaseFacts(t testing.TB, order string) ([]*commonv1.Fact, error) {
	t.Helper()
	answer, err := w.Stock.Release(Context(t), &inventoryv1.ReleaseRequest{Step: ReserveStep(order)})
	return answer.GetFacts(), err
}

// Ship places an order and ships the whole of it, and returns its id.
func (w *World) Ship(t testing.TB, lines Lines) (order string) {
	t.Helper()
	order = NewOrder()
	err := w.Reserve(t, order, lines)
	if err == nil {
		err = w.Allocate(t, order)
	}
	if err == nil {
		_, err = w.Stock.ShipUnits(Context(t), &inventoryv1.ShipUnitsRequest{
			Step: stepOf(order, "ship-order"), ReservedBy: Placing(order), Lines: listed(lines),
		})
	}
	if err != nil {
		t.Fatalf("ship %v: %v", lines, err)
	}
	return order
}

// ShipUnits ships units of a SKU that an order has on one line, in a saga of its own.
func (w *World) ShipUnits(t testing.TB, order, sku string, units int64) error {
	t.Helper()
	_, err := w.Stock.ShipUnits(Context(t), &inventoryv1.ShipUnitsRequest{
		Step: stepOf(order, "ship-order"), ReservedBy: Placing(order), Lines: w.unitsOf(t, order, sku, units),
	})
	return err
}

// ReleaseUnits frees units of a SKU that an order has on one line, in a saga of its own.
func (w *World) ReleaseUnits(t testing.TB, order, sku string, units int64) error {
	t.Helper()
	_, err := w.Stock.ReleaseUnits(Context(t), &inventoryv1.ReleaseUnitsRequest{
		Step: stepOf(order, "cancel-order"), ReservedBy: Placing(order), Lines: w.unitsOf(t, order, sku, units),
	})
	return err
}

// stepOf names the step of a new saga of a kind.
func stepOf(order, saga string) *commonv1.Step {
	return &commonv1.Step{Saga: &commonv1.Saga{OrderId: order, Kind: saga, Instance: uuid.NewString()}, Name: saga}
}

// unitsOf are units of the order's line of a SKU; of line 1 when it has none.
func (w *World) unitsOf(t testing.TB, order, sku string, units int64) []*commonv1.Line {
	t.Helper()
	line := &commonv1.Line{Sku: sku, Quantity: units}
	err := w.DB.SQL.QueryRowContext(Context(t), `SELECT coalesce(max(line), 1) FROM reservation_lines WHERE order_id = $1 AND sku = $2`, order, sku).Scan(&line.Number)
	if err != nil {
		t.Fatalf("the line of %s in order %s: %v", sku, order, err)
	}
	return []*commonv1.Line{line}
}

// Reason of a refusal, "" for success; any other error fails the test.
func Reason(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	r, refused := refusal.As(err)
	if !refused {
		t.Errorf("a technical error: %v", err)
		return "error"
	}
	return r.Reason
}

// Shortages of an out_of_stock refusal.
func Shortages(t testing.TB, err error) []refusals.Shortage {
	t.Helper()
	r, refused := refusal.As(err)
	if !refused || r.Reason != refusals.OutOfStock {
		t.Fatalf("expected the refusal %s, got: %v", refusals.OutOfStock, err)
	}
	var details refusals.OutOfStockDetails
	if err := json.Unmarshal(r.Details, &details); err != nil {
		t.Fatalf("the details of %s: %v", r.Reason, err)
	}
	return details.Shortages
}
