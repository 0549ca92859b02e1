package races_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/assert"

	"github.com/ordersaga/ordersaga/test/shop"
)

// history is what customers and onlookers were told of stock, and between which instants each was
// told it.
type history struct {
	began time.Time

	mu         sync.Mutex
	operations []porcupine.Operation
}

func newHistory() *history { return &history{began: time.Now()} }

// now is the instant to begin an operation with.
func (h *history) now() int64 { return int64(time.Since(h.began)) }

// add records an operation that ends now.
func (h *history) add(begun int64, input operation, output told) {
	ended := h.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, porcupine.Operation{Input: input, Call: begun, Output: output, Return: ended})
}

// kind of an operation on the stock of one SKU.
type kind string

const (
	take     kind = "reserve" // an order: out of stock, or held
	giveBack kind = "release" // what an order held that could not be paid for
	look     kind = "look"    // GET /v1/stock/{sku}
)

type operation struct {
	kind     kind
	sku      string
	quantity int64
	order    string
	// place in the SKU's journal of what changed the level, counted from 1.
	place int
}

// told is the answer.
type told struct {
	refused   bool  // out of stock
	available int64 // as a refusal or a look says; otherwise not used
}

// level is the state of one SKU: what is taken, and how far its journal got.
type level struct {
	taken int64
	place int
}

// register is the stock of one SKU as if all came one after the other, in the order of inventory's
// own journal. Without the journal there would be too many orders to try: buyers of one unit are
// all alike. A refusal must say exactly what was left: "too little" would also be true of a level
// that never was.
func register(units map[string]int64) porcupine.Model {
	return porcupine.Model{
		Partition: bySKU,
		Init:      func() any { return level{} },
		Step: func(state, input, output any) (bool, any) {
			op := input.(operation)
			possible, next := follows(units[op.sku], state.(level), op, output.(told))
			return possible, next
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %+v", input, output) },
		DescribeState:     func(state any) string { return fmt.Sprintf("%+v", state) },
	}
}

func bySKU(all []porcupine.Operation) (parts [][]porcupine.Operation) {
	of := map[string][]porcupine.Operation{}
	for _, op := range all {
		sku := op.Input.(operation).sku
		of[sku] = append(of[sku], op)
	}
	for _, part := range of {
		parts = append(parts, part)
	}
	return parts
}

// follows tells whether an operation can be the next.
func follows(units int64, now level, op operation, told told) (possible bool, next level) {
	left := units - now.taken
	switch {
	case op.kind == look:
		return told.available == left, now
	case told.refused:
		return left < op.quantity && told.available == left, now
	case op.place != now.place+1:
		return false, now
	case op.kind == giveBack:
		return true, level{now.taken - op.quantity, op.place}
	default:
		return left >= op.quantity, level{now.taken + op.quantity, op.place}
	}
}

// isLinearizable checks that what was told fits the journal, with each operation at some instant
// while it was waited for.
func (h *history) isLinearizable(t *testing.T, s *shop.Shop, units map[string]int64) {
	t.Helper()
	const patience = 4 * time.Minute
	type change struct {
		kind       kind
		sku, order string
	}
	places := map[change]int{}
	for sku := range units {
		place := 0
		for _, movement := range journal(t, s, sku) {
			if kind := kind(movement.Kind); kind == take || kind == giveBack {
				place++
				places[change{kind, sku, movement.Reference}] = place
			}
		}
	}
	for i := range h.operations {
		op := h.operations[i].Input.(operation)
		// Nothing that was told is missing from the journal: no operation is at place 0.
		op.place = places[change{op.kind, op.sku, op.order}]
		delete(places, change{op.kind, op.sku, op.order})
		h.operations[i].Input = op
	}
	assert.Empty(t, places, "nobody was told of these changes")
	switch result := porcupine.CheckOperationsTimeout(register(units), h.operations, patience); result {
	case porcupine.Ok:
	case porcupine.Unknown:
		t.Errorf("the history of %d operations could not be checked within %s", len(h.operations), patience)
	default:
		t.Errorf("no order of the %d operations explains what customers were told", len(h.operations))
		for _, op := range h.operations {
			t.Logf("%10s to %10s  %+v -> %+v", time.Duration(op.Call), time.Duration(op.Return), op.Input, op.Output)
		}
	}
}

// TestTheRegisterSeesWhatIsWrong keeps the checker honest: histories that must not be, beside those
// that may.
func TestTheRegisterSeesWhatIsWrong(t *testing.T) {
	at := func(begun, ended int64, op operation, told told) porcupine.Operation {
		op.sku = "tea"
		return porcupine.Operation{Input: op, Call: begun, Output: told, Return: ended}
	}
	buys := func(quantity int64, place int) operation {
		return operation{kind: take, quantity: quantity, place: place}
	}
	returns := func(place int) operation { return operation{kind: giveBack, quantity: 1, place: place} }
	no := func(available int64) told { return told{refused: true, available: available} }
	for name, test := range map[string]struct {
		want    bool
		history []porcupine.Operation
	}{
		"both units are sold":                 {true, []porcupine.Operation{at(0, 9, buys(1, 2), told{}), at(0, 9, buys(1, 1), told{})}},
		"a third unit of two is sold":         {false, []porcupine.Operation{at(0, 9, buys(1, 1), told{}), at(0, 9, buys(1, 2), told{}), at(0, 9, buys(1, 3), told{})}},
		"sold, and not in the journal":        {false, []porcupine.Operation{at(0, 9, buys(1, 0), told{})}},
		"the journal has another order":       {false, []porcupine.Operation{at(0, 3, buys(1, 2), told{}), at(4, 9, buys(1, 1), told{})}},
		"refused when all is gone":            {true, []porcupine.Operation{at(0, 3, buys(2, 1), told{}), at(4, 9, buys(1, 0), no(0))}},
		"refused before it was gone":          {false, []porcupine.Operation{at(0, 3, buys(1, 0), no(0)), at(4, 9, buys(2, 1), told{})}},
		"refused at a level that never was":   {false, []porcupine.Operation{at(0, 9, buys(3, 0), no(1))}},
		"an old level is shown":               {false, []porcupine.Operation{at(0, 3, buys(1, 1), told{}), at(4, 9, operation{kind: look}, told{available: 2})}},
		"refused while an unpaid order holds": {true, []porcupine.Operation{at(0, 9, buys(1, 1), told{}), at(0, 9, returns(2), told{}), at(1, 8, buys(2, 0), no(1))}},
		"refused after it was given back":     {false, []porcupine.Operation{at(0, 4, buys(1, 1), told{}), at(0, 4, returns(2), told{}), at(5, 8, buys(2, 0), no(1))}},
	} {
		if got := porcupine.CheckOperations(register(map[string]int64{"tea": 2}), test.history); got != test.want {
			t.Errorf("%s: linearizable is %t, want %t", name, got, test.want)
		}
	}
}
