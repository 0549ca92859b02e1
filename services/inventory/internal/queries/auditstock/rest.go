package auditstock

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// timeout: whole tables are read. The database itself gives a statement 30 s.
const timeout = 35 * time.Second

// AuditStock is the stock as of one moment, in units.
type AuditStock struct {
	SKUs             int64            `json:"skus"`
	OnHand           int64            `json:"on_hand"`
	Reserved         int64            `json:"reserved"`
	Received         int64            `json:"received"`
	Shipped          int64            `json:"shipped"`
	Returned         int64            `json:"returned"`
	WrittenOff       int64            `json:"written_off"`
	LiveReservations int64            `json:"live_reservations" doc:"that have units held or allocated"`
	LiveUnits        int64            `json:"live_units" doc:"held or allocated"`
	Movements        int64            `json:"movements" doc:"lines of the journal"`
	Wrong            int64            `json:"wrong" doc:"SKUs that are out of balance"`
	Offenders        []StockImbalance `json:"offenders" nullable:"false" doc:"the first 100 of them"`
}

// StockImbalance is a SKU that is out of balance.
type StockImbalance struct {
	SKU      string   `json:"sku"`
	Problems []string `json:"problems" nullable:"false"`
}

// Route serves GET /v1/audit/stock.
func Route(api *rest.API, db *postgres.DB) {
	handler := New(db)
	rest.Serve(api, rest.Op{
		Method: http.MethodGet, Path: "/v1/audit/stock", ID: "audit-stock",
		Summary: "Audit the stock", Tags: []string{"audit"}, Scope: auth.ScopeOperator, Timeout: timeout,
		Description: "Adds up all stock, live reservations and movements as of one moment. Per SKU: on_hand = received - shipped + returned - written_off, reserved is the sum of what is held and allocated, shipped the sum of what left, each line has all its units in one place, 0 <= reserved <= on_hand, and the journal says the same.",
	}, func(ctx context.Context, query Query) (AuditStock, error) {
		result, err := handler.Handle(ctx, query)
		return show(result), err
	})
}

func show(result Result) AuditStock {
	b := result.Balance
	return AuditStock{
		SKUs: b.SKUs, OnHand: b.OnHand, Reserved: b.Reserved, Received: b.Received, Shipped: b.Shipped, Returned: b.Returned, WrittenOff: b.WrittenOff,
		LiveReservations: b.LiveReservations, LiveUnits: b.LiveUnits, Movements: b.Movements, Wrong: b.Wrong,
		Offenders: each.Map(result.Wrong, func(w store.Imbalance) StockImbalance { return StockImbalance{SKU: w.SKU, Problems: problems(w)} }),
	}
}

func problems(w store.Imbalance) (found []string) {
	say := func(wrong bool, format string, figures ...any) {
		if wrong {
			found = append(found, fmt.Sprintf(format, figures...))
		}
	}
	say(w.OnHand != w.Received-w.Shipped+w.Returned-w.WrittenOff, "%d on hand, but %d received - %d shipped + %d returned - %d written off",
		w.OnHand, w.Received, w.Shipped, w.Returned, w.WrittenOff)
	say(w.Reserved != w.Live, "%d reserved, but live reservations have %d", w.Reserved, w.Live)
	say(w.Shipped != w.Left, "%d shipped, but reservations have %d that left", w.Shipped, w.Left)
	say(w.Astray != 0, "%d held, allocated or shipped by reservations that are not", w.Astray)
	say(w.Torn != 0, "%d lines whose units do not add up", w.Torn)
	say(w.Reserved < 0 || w.Reserved > w.OnHand, "%d reserved of %d on hand", w.Reserved, w.OnHand)
	say(w.Reserved != w.JournalReserved, "%d reserved, but the journal says %d", w.Reserved, w.JournalReserved)
	say(w.Received != w.JournalReceived, "%d received, but the journal says %d", w.Received, w.JournalReceived)
	say(w.Shipped != w.JournalShipped, "%d shipped, but the journal says %d", w.Shipped, w.JournalShipped)
	say(w.Returned != w.JournalReturned, "%d returned, but the journal says %d", w.Returned, w.JournalReturned)
	say(w.WrittenOff != w.JournalWrittenOff, "%d written off, but the journal says %d", w.WrittenOff, w.JournalWrittenOff)
	return found
}
