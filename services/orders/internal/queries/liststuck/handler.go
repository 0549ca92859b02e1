// Package liststuck lists the orders whose sagas need an operator, of one cause or of all.
package liststuck

import (
	"context"
	"time"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/orders/internal/causes"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Query says which orders.
type Query struct {
	Cause  string      `query:"cause" maxLength:"300" doc:"Only those with this cause, as GET /v1/sagas/causes names it." example:"place-order/VoidPayment/unavailable"`
	Limit  int         `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Orders on a page."`
	Cursor rest.Cursor `query:"cursor" doc:"next_cursor of the page before."`
}

// Result is a page of orders, by cause and id. An order that is stuck in two steps comes twice.
type Result struct {
	Orders []StuckOrder `json:"orders" nullable:"false"`
	Next   rest.Cursor  `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
	More   bool         `json:"more" doc:"There are more open sagas than were looked at."`
	Blind  bool         `json:"blind" doc:"Temporal did not answer: next tries, and troubles that sagas cannot report, are missing."`
}

// StuckOrder is an order whose saga needs an operator.
type StuckOrder struct {
	OrderID   string     `json:"order_id" format:"uuid"`
	Version   int64      `json:"version" doc:"Of the order, for If-Match."`
	Cause     string     `json:"cause" example:"place-order/VoidPayment/unavailable"`
	Attempts  int        `json:"attempts,omitempty"`
	LastError string     `json:"last_error"`
	Since     time.Time  `json:"since"`
	NextTry   *time.Time `json:"next_try,omitempty"`
	AtRisk    view.Money `json:"at_risk"`
	Units     int64      `json:"units"`
	Build     string     `json:"build,omitempty"`
}

// position is where a page ended.
type position struct {
	Cause string `json:"cause"`
	ID    string `json:"id"`
}

// New makes the use case.
func New(finder causes.Finder) cqrs.Handler[Query, Result] {
	return cqrs.Query("list_stuck", func(ctx context.Context, query Query) (Result, error) {
		found, err := finder.Find(ctx)
		if err != nil {
			return Result{}, err
		}
		page, next, err := rest.Page(ctx, "stuck/"+query.Cause, query.Cursor, query.Limit,
			func(after position, limit int) (page []causes.Trouble, err error) {
				for _, t := range found.Troubles {
					at := positionOf(t)
					behind := at.Cause > after.Cause || at.Cause == after.Cause && at.ID > after.ID
					if behind && len(page) < limit && (query.Cause == "" || query.Cause == at.Cause) {
						page = append(page, t)
					}
				}
				return page, nil
			}, positionOf)
		if err != nil {
			return Result{}, err
		}
		result := Result{Orders: make([]StuckOrder, len(page)), Next: next, More: found.More, Blind: found.Blind}
		for i, t := range page {
			result.Orders[i] = StuckOrder{
				OrderID: t.Order.ID(), Version: t.Order.Version(), Cause: t.Cause.String(), Attempts: t.Attempts, LastError: t.LastError,
				Since: t.Since, AtRisk: view.Money(t.Order.AtRisk()), Units: t.Order.UnitsAtRisk(), Build: t.Build,
			}
			if !t.NextTry.IsZero() {
				result.Orders[i].NextTry = &t.NextTry
			}
		}
		return result, nil
	})
}

func positionOf(t causes.Trouble) position { return position{t.Cause.String(), t.Order.ID()} }
