package bench

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Case is one kind of work with a number of callers; figures are medians over the rounds. A figure
// that means nothing for the case is 0.
type Case struct {
	Part    Part   `json:"part"`
	Name    string `json:"name"`
	Callers int    `json:"callers,omitempty"`
	Lines   int    `json:"lines,omitempty"`
	Units   int    `json:"units"` // of all rounds

	PerSecond float64 `json:"per_second,omitempty"`
	// Spread are the least and the most units a second of a round.
	Spread [2]float64 `json:"spread"`
	P50    float64    `json:"p50_ms"`
	P95    float64    `json:"p95_ms"`
	P99    float64    `json:"p99_ms"`
	// CPU of each process, in milliseconds a unit.
	CPU      map[string]float64 `json:"cpu_ms,omitempty"`
	CPUTotal float64            `json:"cpu_ms_total,omitempty"`
	// CPUOwn is without the Temporal server, its database, and this process. FerretDB, which runs in
	// the server's process, is missing too.
	CPUOwn float64 `json:"cpu_ms_own,omitempty"`
	// Counts a unit.
	Counts map[string]float64 `json:"counts,omitempty"`
	// HistoryEvents and StateTransitions of one workflow.
	HistoryEvents    int64 `json:"history_events,omitempty"`
	StateTransitions int64 `json:"state_transitions,omitempty"`

	do work
	// run measures in place of load; nil for most.
	run func(context.Context, time.Duration) (times []time.Duration, took time.Duration, err error)
	// before prepares what is not measured; nil for most.
	before func(context.Context) error
	// onlyTimes: a unit is not what the system does all the time, so speed and cost of one say
	// nothing.
	onlyTimes bool
	to        []comparison
	rounds    []round
}

// comparison is a ratio of a case's figure to that of another.
type comparison struct {
	name string
	to   *Case
	// of and against are the figures; against is of when it is nil.
	of, against func(round) float64
}

// round is what one round measured.
type round struct {
	perSecond, p50, p95, p99 float64
	cpuTotal, cpuOwn         float64
	units                    int
	cpu, counts              map[string]float64
}

// Figures of comparisons.
func speed(r round) float64    { return r.perSecond }
func middle(r round) float64   { return r.p50 }
func cpuOwn(r round) float64   { return r.cpuOwn }
func cpuTotal(r round) float64 { return r.cpuTotal }

// String names a case: "order, 20 lines, 32 callers".
func (c *Case) String() string {
	name := []string{c.Name}
	if c.Lines > 0 {
		name = append(name, fmt.Sprintf("lines %d", c.Lines))
	}
	if c.Callers > 0 {
		name = append(name, fmt.Sprintf("callers %d", c.Callers))
	}
	return strings.Join(name, ", ")
}

// notOwn are the processes of the Temporal server and its database, and this one.
var notOwn = []string{"devstack", "postgres temporal", "postgres temporal_visibility", "postgres", self}

// sum makes the case's figures of those of its rounds.
func (c *Case) sum() {
	of := func(figure func(round) float64) []float64 {
		figures := make([]float64, len(c.rounds))
		for i, r := range c.rounds {
			figures[i] = figure(r)
		}
		return figures
	}
	for _, r := range c.rounds {
		c.Units += r.units
	}
	c.P50, c.P95, c.P99 = median(of(middle)), median(of(func(r round) float64 { return r.p95 })), median(of(func(r round) float64 { return r.p99 }))
	if c.onlyTimes {
		return
	}
	speeds := of(speed)
	c.PerSecond, c.Spread = median(speeds), [2]float64{slices.Min(speeds), slices.Max(speeds)}
	c.CPUTotal, c.CPUOwn = median(of(cpuTotal)), median(of(cpuOwn))
	c.CPU, c.Counts = map[string]float64{}, map[string]float64{}
	for _, r := range c.rounds {
		for name := range r.cpu {
			c.CPU[name] = median(of(func(r round) float64 { return r.cpu[name] }))
		}
		for name := range r.counts {
			c.Counts[name] = median(of(func(r round) float64 { return r.counts[name] }))
		}
	}
}

// ratios are the comparisons of all cases, each the median of the rounds' ratios.
func ratios(cases []*Case) map[string]float64 {
	found := map[string]float64{}
	for _, c := range cases {
		for _, ratio := range c.to {
			against := ratio.against
			if against == nil {
				against = ratio.of
			}
			figures := make([]float64, min(len(c.rounds), len(ratio.to.rounds)))
			for i := range figures {
				figures[i] = ratio.of(c.rounds[i]) / against(ratio.to.rounds[i])
			}
			if m := median(figures); !math.IsNaN(m) && !math.IsInf(m, 0) {
				found[c.String()+": "+ratio.name] = m
			}
		}
	}
	return found
}
