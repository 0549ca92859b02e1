// Package bench measures what an order costs on a development stack, beside workflows that do
// nothing: the floor under any saga, and the common way of one regular activity a step.
//
// The machine's speed changes from minute to minute, so all cases take turns within one run, in
// several rounds, and what counts is their ratio.
package bench

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ordersaga/ordersaga/client"
)

// Options say what to measure, and on which system.
type Options struct {
	// Dir is the folder of the development stack, for the CPU times of its processes.
	Dir string
	// Engines are the process ids of the engines that devstack runs, by name.
	Engines map[string]int
	// Orders makes the client of one shopper.
	Orders func(shopper string) (*client.Client, error)
	// Operator makes products and stock.
	Operator *client.Client
	// Temporal's frontend.
	TemporalAddress, TemporalNamespace string
	// DatabaseURL of PostgreSQL's superuser, for its counters.
	DatabaseURL string
	// MetricsPages of the programs.
	MetricsPages []string

	// For is how long each case is measured in each round.
	For    time.Duration
	Rounds int
	// Callers at once, and lines of an order: a case each.
	Callers, Lines []int
	// Floor measures the workflows that do nothing as well.
	Floor bool
	// Say tells what is being measured.
	Say func(format string, args ...any)
}

// Report is what was measured.
type Report struct {
	Cases []*Case `json:"cases"`
	// Ratios are those of the targets, by name; medians over the rounds.
	Ratios map[string]float64 `json:"ratios,omitempty"`
}

// Case is one kind of work with a number of callers; figures are medians over the rounds.
type Case struct {
	Name    string `json:"name"`
	Callers int    `json:"callers"`
	Lines   int    `json:"lines,omitempty"`
	Units   int    `json:"units"` // of all rounds

	PerSecond float64 `json:"per_second"`
	// Spread are the least and the most units a second of a round.
	Spread [2]float64 `json:"spread"`
	P50    float64    `json:"p50_ms"`
	P95    float64    `json:"p95_ms"`
	P99    float64    `json:"p99_ms"`
	// CPU of each process, in milliseconds a unit.
	CPU      map[string]float64 `json:"cpu_ms,omitempty"`
	CPUTotal float64            `json:"cpu_ms_total"`
	// CPUOwn is without the Temporal server, its database, and this process. FerretDB, which runs in
	// the server's process, is missing too.
	CPUOwn float64 `json:"cpu_ms_own"`
	// Counts a unit.
	Counts map[string]float64 `json:"counts,omitempty"`
	// HistoryEvents and StateTransitions of one workflow.
	HistoryEvents    int64 `json:"history_events,omitempty"`
	StateTransitions int64 `json:"state_transitions,omitempty"`

	do     work
	rounds []round
}

// round is what one round measured.
type round struct {
	perSecond, p50, p95, p99 float64
	units                    int
	cpu, counts              map[string]float64
}

// settle is how long projections and publishing get after the last order, before CPU times are
// read: they belong to the orders.
const settle = 1500 * time.Millisecond

// Run measures.
func Run(ctx context.Context, o Options) (*Report, error) {
	db, err := pgx.Connect(ctx, o.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer db.Close(context.WithoutCancel(ctx))
	base, err := openFloor(ctx, o.TemporalAddress, o.TemporalNamespace)
	if err != nil {
		return nil, err
	}
	defer base.close()
	buyers, err := openBuyers(ctx, o)
	if err != nil {
		return nil, err
	}
	cases := o.cases(base, buyers)
	for number := range o.Rounds + 1 {
		for _, c := range cases {
			span := o.For
			if number == 0 { // connections, tokens, caches and prepared statements
				span = min(o.For, 2*time.Second)
			}
			o.Say("round %d of %d: %s, %d callers, %s", number, o.Rounds, c.Name, c.Callers, span)
			measured, err := o.measure(ctx, db, c, span)
			if err != nil {
				return nil, err
			}
			if number > 0 {
				c.rounds = append(c.rounds, measured)
			}
		}
	}
	for _, c := range cases {
		c.sum()
	}
	if err := buyers.describe(ctx, base.client, cases); err != nil {
		return nil, err
	}
	return &Report{Cases: cases, Ratios: ratios(cases)}, nil
}

// Names of cases.
const (
	nameEmpty      = "empty workflow"
	nameActivities = "five activities"
	nameOrder      = "order"
)

func (o Options) cases(base *floor, buyers *buyers) (cases []*Case) {
	for _, callers := range o.Callers {
		if o.Floor {
			cases = append(cases,
				&Case{Name: nameEmpty, Callers: callers, do: base.run(emptyWorkflow)},
				&Case{Name: nameActivities, Callers: callers, do: base.run(activityWorkflow)})
		}
		for _, lines := range o.Lines {
			cases = append(cases, &Case{Name: nameOrder, Callers: callers, Lines: lines, do: buyers.place(lines)})
		}
	}
	return cases
}

func (o Options) measure(ctx context.Context, db *pgx.Conn, c *Case, span time.Duration) (round, error) {
	before, err := o.read(ctx, db)
	if err != nil {
		return round{}, err
	}
	times, took, err := load(ctx, c.Callers, span, c.do)
	if err != nil {
		return round{}, err
	}
	select {
	case <-ctx.Done():
		return round{}, context.Cause(ctx)
	case <-time.After(settle):
	}
	after, err := o.read(ctx, db)
	if err != nil {
		return round{}, err
	}
	slices.Sort(times)
	units := float64(len(times))
	r := round{
		units: len(times), perSecond: units / took.Seconds(),
		p50: percentile(times, 50), p95: percentile(times, 95), p99: percentile(times, 99),
		cpu: map[string]float64{}, counts: map[string]float64{},
	}
	for name, used := range after.cpu {
		// A process that began again would have used less than before.
		r.cpu[name] = max(0, (used-before.cpu[name]).Seconds()) * 1000 / units
	}
	for name, count := range after.counts {
		r.counts[name] = (count - before.counts[name]) / units
	}
	return r, nil
}

type reading struct {
	cpu    map[string]time.Duration
	counts map[string]float64
}

func (o Options) read(ctx context.Context, db *pgx.Conn) (r reading, err error) {
	if r.counts, err = counted(ctx, o.MetricsPages, db); err != nil {
		return r, err
	}
	r.cpu, err = cpuTimes(o.Dir, o.Engines)
	return r, err
}

// sum makes the case's figures of those of its rounds.
func (c *Case) sum() {
	of := func(figure func(round) float64) []float64 {
		figures := make([]float64, len(c.rounds))
		for i, r := range c.rounds {
			figures[i] = figure(r)
		}
		return figures
	}
	speeds := of(func(r round) float64 { return r.perSecond })
	c.PerSecond, c.Spread = median(speeds), [2]float64{slices.Min(speeds), slices.Max(speeds)}
	c.P50, c.P95, c.P99 = median(of(func(r round) float64 { return r.p50 })), median(of(func(r round) float64 { return r.p95 })), median(of(func(r round) float64 { return r.p99 }))
	c.CPU, c.Counts = map[string]float64{}, map[string]float64{}
	for _, r := range c.rounds {
		c.Units += r.units
		for name := range r.cpu {
			c.CPU[name] = median(of(func(r round) float64 { return r.cpu[name] }))
		}
		for name := range r.counts {
			c.Counts[name] = median(of(func(r round) float64 { return r.counts[name] }))
		}
	}
	for name, used := range c.CPU {
		c.CPUTotal += used
		if !slices.Contains(notOwn, name) {
			c.CPUOwn += used
		}
	}
}

// notOwn are the processes of the Temporal server and its database, and this one.
var notOwn = []string{"devstack", "postgres temporal", "postgres temporal_visibility", "postgres", self}

// ratios compares each case of orders with the workflows that do nothing, with as many callers.
func ratios(cases []*Case) map[string]float64 {
	found := map[string]float64{}
	find := func(name string, callers, lines int) *Case {
		i := slices.IndexFunc(cases, func(c *Case) bool { return c.Name == name && c.Callers == callers && c.Lines == lines })
		if i < 0 {
			return nil
		}
		return cases[i]
	}
	for _, c := range cases {
		if c.Name != nameOrder {
			continue
		}
		what := fmt.Sprintf("%d lines, %d callers: ", c.Lines, c.Callers)
		if empty := find(nameEmpty, c.Callers, 0); empty != nil {
			found[what+"orders a second to empty workflows"] = c.over(empty, func(r round) float64 { return r.perSecond })
			found[what+"p50 to that of an empty workflow"] = c.over(empty, func(r round) float64 { return r.p50 })
			found[what+"CPU outside Temporal to all CPU of an empty workflow"] = c.CPUOwn / empty.CPUTotal
		}
		if five := find(nameActivities, c.Callers, 0); five != nil {
			found[what+"orders a second to workflows of five activities"] = c.over(five, func(r round) float64 { return r.perSecond })
		}
		if one := find(nameOrder, c.Callers, 1); one != nil && c.Lines > 1 {
			found[what+"CPU to that of one line"] = c.CPUTotal / one.CPUTotal
		}
	}
	maps.DeleteFunc(found, func(_ string, ratio float64) bool { return ratio != ratio || ratio > 1e6 })
	return found
}

// over is the median of a figure's ratios to that of another case, round by round.
func (c *Case) over(other *Case, figure func(round) float64) float64 {
	figures := make([]float64, min(len(c.rounds), len(other.rounds)))
	for i := range figures {
		figures[i] = figure(c.rounds[i]) / figure(other.rounds[i])
	}
	return median(figures)
}
