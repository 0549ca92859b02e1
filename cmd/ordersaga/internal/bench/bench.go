// Package bench measures what an order costs on a development stack, beside workflows that do
// nothing: the floor under any saga, and the common way of one regular activity a step. It measures
// reads beside the drivers' own queries, how soon lists follow, an order's whole life, how the cost
// grows with the stores, how long a killed worker is missed, and several instances of the programs.
//
// The machine's speed changes from minute to minute, so all cases take turns within one run, in
// several rounds, and what counts is their ratio.
package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/stack"
)

// Part is a part of the benchmark.
type Part string

// The parts. Those of Undisturbing only place, ship and read; Recovery kills the worker, Instances
// starts programs, and Growth fills the stores.
const (
	Orders    Part = "orders"
	Reads     Part = "reads"
	Visible   Part = "visible"
	Life      Part = "life"
	Recovery  Part = "recovery"
	Instances Part = "instances"
	Growth    Part = "growth"
)

// Undisturbing are the parts for a system that others use; All are for one of its own.
var (
	Undisturbing = []Part{Orders, Reads, Visible, Life}
	All          = append(slices.Clone(Undisturbing), Recovery, Instances, Growth)
)

// Who makes requests: a shopper, or an operator when it is empty. Each has a connection of its own.
type Who struct {
	Shopper string
	// Caller tells operators apart.
	Caller int
	// OrdersURL is the instance of orders that is asked; empty is the first.
	OrdersURL string
}

// Options say what to measure, and on which system.
type Options struct {
	// Stack is the development stack, with the addresses of its engines.
	Stack   *stack.Stack
	Engines *stack.Engines
	// Open makes a client that tries a request once.
	Open func(Who) (*client.Client, error)

	Parts []Part
	// For is how long each case is measured in each round.
	For    time.Duration
	Rounds int
	// Callers at once, and lines of an order: a case each.
	Callers, Lines []int
	// GrowTo is the number of orders in the stores that those with few are compared with.
	GrowTo int
	// Say tells what is being measured.
	Say func(format string, args ...any)
}

func (o Options) has(part Part) bool { return slices.Contains(o.Parts, part) }

// Report is what was measured.
type Report struct {
	Cases []*Case `json:"cases"`
	// Ratios are between cases, by name; medians over the rounds.
	Ratios map[string]float64 `json:"ratios,omitempty"`
	// Filled is what Growth filled the stores with, nil without.
	Filled *Filled `json:"filled,omitempty"`
}

// busy and reading are the numbers of callers where not each number is measured.
const busy, reading = 32, 8

// system is what all parts measure.
type system struct {
	Options
	db      *pgx.Conn // of the superuser
	buyers  *buyers
	floor   *floor // nil without Orders
	closers []func()
	started *started // instances besides those of the stack; nil when there are none
}

// Run measures.
func Run(ctx context.Context, o Options) (*Report, error) {
	db, err := pgx.Connect(ctx, o.Engines.Postgres.URL)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer db.Close(context.WithoutCancel(ctx))
	buyers, err := openBuyers(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &system{Options: o, db: db, buyers: buyers}
	defer func() {
		_ = s.stopStarted()
		for _, one := range s.closers {
			one()
		}
	}()
	report := &Report{}

	grown := &growth{system: s}
	if o.has(Growth) {
		if err := grown.begin(ctx); err != nil {
			return nil, err
		}
		report.Cases = append(report.Cases, grown.few...)
	}
	cases, err := s.cases(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.measureAll(ctx, cases); err != nil {
		return nil, err
	}
	if err := s.describe(ctx, cases); err != nil {
		return nil, err
	}
	if report.Cases = append(report.Cases, cases...); o.has(Growth) {
		if report.Filled, err = grown.end(ctx); err != nil {
			return nil, err
		}
		report.Cases = append(report.Cases, grown.many...)
	}
	report.Ratios = ratios(report.Cases)
	return report, nil
}

// cases of all parts that take turns.
func (s *system) cases(ctx context.Context) (cases []*Case, err error) {
	if s.has(Orders) {
		if s.floor, err = openFloor(ctx, s.Engines.Temporal.Address, s.Engines.Temporal.Namespace); err != nil {
			return nil, err
		}
		s.closers = append(s.closers, s.floor.close)
		cases = append(cases, s.orders()...)
	}
	if s.has(Reads) {
		reads, err := s.reads(ctx)
		if err != nil {
			return nil, err
		}
		cases = append(cases, reads...)
	}
	if s.has(Visible) {
		cases = append(cases, s.visible())
	}
	if s.has(Life) {
		cases = append(cases, s.life())
	}
	if s.has(Recovery) {
		cases = append(cases, s.recovery())
	}
	if s.has(Instances) {
		cases = append(cases, s.instances()...)
	}
	return cases, nil
}
