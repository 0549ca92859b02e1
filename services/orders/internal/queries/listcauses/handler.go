// Package listcauses groups the sagas that need an operator by their cause.
package listcauses

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/services/orders/internal/causes"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// Query asks for all causes.
type Query struct{}

// Result are the causes, the one with the most orders first.
type Result struct {
	Causes []Cause `json:"causes" nullable:"false"`
	More   bool    `json:"more" doc:"There are more open sagas than were looked at: the counts are lower bounds."`
	Unseen int     `json:"unseen" doc:"Open sagas that are missing in Temporal's list of runs and were not asked for one by one, because they are too many. Probably they have no run: POST /v1/sagas/resumptions looks at all."`
	Blind  bool    `json:"blind" doc:"Temporal did not answer: next tries, and troubles that sagas cannot report, are missing."`
}

// Cause is what is in the way of orders.
type Cause struct {
	Cause     string             `json:"cause" doc:"Its name." example:"place-order/VoidPayment/unavailable"`
	Saga      string             `json:"saga" example:"place-order"`
	Step      string             `json:"step,omitempty" doc:"Absent when the saga cannot report one." example:"VoidPayment"`
	Kind      string             `json:"kind" doc:"Of the error: unreachable, unavailable, timeout, refused, internal; or no_run, paused, task_failing, no_worker." example:"unavailable"`
	Service   string             `json:"service,omitempty" doc:"That was called." example:"payments"`
	Orders    int                `json:"orders" doc:"How many."`
	AtRisk    []view.Money       `json:"at_risk" nullable:"false" doc:"The money of these orders, by currency."`
	Units     int64              `json:"units" doc:"Units of stock that they hold or are to free."`
	Oldest    time.Time          `json:"oldest" doc:"Since when the first of them is in trouble."`
	NextTry   *time.Time         `json:"next_try,omitempty" doc:"The next try of any of them, as far as it is known."`
	Builds    []string           `json:"builds" nullable:"false" doc:"Of the workers."`
	LastError string             `json:"last_error" doc:"Of one of them."`
	Example   string             `json:"example" format:"uuid" doc:"One of the orders."`
	Acts      []view.PossibleAct `json:"acts" nullable:"false" doc:"What can be done about the example."`
}

// New makes the use case.
func New(finder causes.Finder) cqrs.Handler[Query, Result] {
	return cqrs.Query("list_causes", func(ctx context.Context, _ Query) (Result, error) {
		found, err := finder.Find(ctx)
		if err != nil {
			return Result{}, err
		}
		result := Result{Causes: []Cause{}, More: found.More, Unseen: found.Unseen, Blind: found.Blind}
		for rest := found.Troubles; len(rest) > 0; {
			n := slices.IndexFunc(rest, func(t causes.Trouble) bool { return t.Cause.String() != rest[0].Cause.String() })
			if n < 0 {
				n = len(rest)
			}
			result.Causes = append(result.Causes, group(rest[:n]))
			rest = rest[n:]
		}
		slices.SortStableFunc(result.Causes, func(a, b Cause) int { return cmp.Compare(b.Orders, a.Orders) })
		return result, nil
	})
}

// group makes the cause of troubles that share it.
func group(troubles []causes.Trouble) Cause {
	first := troubles[0]
	c := Cause{
		Cause: first.Cause.String(), Saga: first.Saga, Step: first.Step, Kind: first.Kind, Service: first.Service, Orders: len(troubles),
		AtRisk: []view.Money{}, Oldest: first.Since, Builds: []string{}, LastError: first.LastError, Example: first.Order.ID(),
		Acts: view.PossibleActs(first.Order),
	}
	for _, t := range troubles {
		c.Units += t.Order.UnitsAtRisk()
		c.AtRisk = add(c.AtRisk, view.Money(t.Order.AtRisk()))
		if t.Since.Before(c.Oldest) {
			c.Oldest = t.Since
		}
		if next := t.NextTry; !next.IsZero() && (c.NextTry == nil || next.Before(*c.NextTry)) {
			c.NextTry = &next
		}
		if t.Build != "" && !slices.Contains(c.Builds, t.Build) {
			c.Builds = append(c.Builds, t.Build)
		}
	}
	return c
}

func add(sums []view.Money, amount view.Money) []view.Money {
	for i := range sums {
		if sums[i].Currency == amount.Currency {
			sums[i].Amount += amount.Amount
			return sums
		}
	}
	return append(sums, amount)
}
