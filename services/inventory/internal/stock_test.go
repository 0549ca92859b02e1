package internal_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
)

// model is what the stock should be, in a few lines of Go: the service has to answer as it does and
// to end with the same levels.
type model struct {
	onHand, reserved map[string]int64
	orders           map[string]*order
}

type order struct {
	asked                     inventorytest.Lines // by the first reserve that found no release
	left                      inventorytest.Lines // units that are held or allocated
	reserved, refused, undone bool                // the reserve step
	allocationAnswered        bool
	allocation                string // the kept answer
	allocated, shipped        bool
}

var skus = []string{"a", "b", "c", "d"}

// Any sequence of calls, repeated, late and out of order: answers and levels are checked against
// the model at every step, the invariants at the end of each sequence. Time is left out; the tests
// of expiry have it.
func TestAnySequenceOfCallsAnswersAsTheModelAndKeepsTheInvariants(t *testing.T) {
	w := inventorytest.New(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		// SKUs of this round only; the database is the same for all.
		round++
		m := model{onHand: map[string]int64{}, reserved: map[string]int64{}, orders: map[string]*order{}}
		name := func(sku string) string { return fmt.Sprintf("%s-%d", sku, round) }
		var ids []string
		for range 4 {
			id := inventorytest.NewOrder()
			ids = append(ids, id)
			m.orders[id] = &order{}
		}
		anyLines := func(rt *rapid.T) inventorytest.Lines {
			lines := inventorytest.Lines{}
			for _, sku := range rapid.SliceOfNDistinct(rapid.SampledFrom(skus), 1, 4, rapid.ID).Draw(rt, "skus") {
				lines[name(sku)] = rapid.Int64Range(1, 6).Draw(rt, "quantity")
			}
			return lines
		}
		rt.Repeat(map[string]func(*rapid.T){
			"receive": func(rt *rapid.T) {
				lines := anyLines(rt)
				w.Receive(t, lines)
				for sku, quantity := range lines {
					m.onHand[sku] += quantity
				}
			},
			"reserve": func(rt *rapid.T) {
				id := rapid.SampledFrom(ids).Draw(rt, "order")
				lines := anyLines(rt)
				want := m.reserve(id, lines)
				_, err := w.ReserveFor(t, id, time.Hour, lines)
				assert.Equal(rt, want, inventorytest.Reason(t, err), "reserve %v for %s", lines, id)
			},
			"allocate": func(rt *rapid.T) {
				id := rapid.SampledFrom(ids).Draw(rt, "order")
				if !m.orders[id].reserved {
					rt.Skip("a saga allocates what it has reserved")
				}
				want := m.allocate(id)
				assert.Equal(rt, want, inventorytest.Reason(t, w.Allocate(t, id)), "allocate %s", id)
			},
			"ship": func(rt *rapid.T) {
				id := rapid.SampledFrom(ids).Draw(rt, "order")
				sku, units := name(rapid.SampledFrom(skus).Draw(rt, "sku")), rapid.Int64Range(1, 4).Draw(rt, "units")
				want := m.ship(id, sku, units)
				assert.Equal(rt, want, inventorytest.Reason(t, w.ShipUnits(t, id, sku, units)), "ship %d %s of %s", units, sku, id)
			},
			"release units": func(rt *rapid.T) {
				id := rapid.SampledFrom(ids).Draw(rt, "order")
				sku, units := name(rapid.SampledFrom(skus).Draw(rt, "sku")), rapid.Int64Range(1, 4).Draw(rt, "units")
				want := m.take(id, sku, units)
				assert.Equal(rt, want, inventorytest.Reason(t, w.ReleaseUnits(t, id, sku, units)), "release %d %s of %s", units, sku, id)
			},
			"release": func(rt *rapid.T) {
				id := rapid.SampledFrom(ids).Draw(rt, "order")
				if m.orders[id].shipped {
					rt.Skip("what has left is not undone")
				}
				m.release(id)
				assert.NoError(rt, w.Release(t, id), "release %s", id)
			},
			"": func(rt *rapid.T) {
				for sku, onHand := range m.onHand {
					level := w.Level(t, sku)
					assert.Equal(rt, onHand, level.OnHand, "on hand of %s", sku)
					assert.Equal(rt, m.reserved[sku], level.Reserved, "reserved of %s", sku)
				}
			},
		})
		assert.Empty(rt, w.Violations(t))
	})
}

func (m *model) reserve(id string, lines inventorytest.Lines) string {
	o := m.orders[id]
	if o.asked == nil && !o.undone {
		o.asked = lines
	}
	switch {
	case o.asked != nil && !maps.Equal(o.asked, lines):
		return refusals.RequestMismatch
	case o.refused:
		return refusals.OutOfStock
	case o.undone:
		return refusals.StepUndone
	case o.reserved:
		return ""
	}
	for sku, quantity := range lines {
		if m.onHand[sku]-m.reserved[sku] < quantity {
			o.refused = true
			return refusals.OutOfStock
		}
	}
	for sku, quantity := range lines {
		m.reserved[sku] += quantity
	}
	o.left, o.reserved = maps.Clone(lines), true
	return ""
}

func (m *model) allocate(id string) string {
	o := m.orders[id]
	if !o.allocationAnswered {
		o.allocationAnswered = true
		if o.undone {
			o.allocation = refusals.StepUndone
		} else {
			o.allocated = true
		}
	}
	return o.allocation
}

// take takes units out of an allocation.
func (m *model) take(id, sku string, units int64) string {
	o := m.orders[id]
	if !o.allocated || o.left[sku] < units {
		return refusals.NotAllocated
	}
	o.left[sku] -= units
	m.reserved[sku] -= units
	return ""
}

func (m *model) ship(id, sku string, units int64) string {
	if refused := m.take(id, sku, units); refused != "" {
		return refused
	}
	m.onHand[sku] -= units
	m.orders[id].shipped = true
	return ""
}

func (m *model) release(id string) {
	o := m.orders[id]
	if o.reserved && !o.undone {
		for sku, quantity := range o.left {
			m.reserved[sku] -= quantity
		}
		clear(o.left)
	}
	o.undone = true
}
