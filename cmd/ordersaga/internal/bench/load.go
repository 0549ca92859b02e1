package bench

import (
	"context"
	"slices"
	"sync"
	"time"
)

// work does one unit for a caller: places an order, runs a workflow. n counts the units of all
// callers, from 0. measured is what of the time counts: 0 is all of it, less than 0 that the unit does
// not count.
type work func(ctx context.Context, caller, n int) (measured time.Duration, err error)

// load lets callers work one unit after the other for a time, each at least one. A unit that has begun
// is finished. It returns how long each unit took, and how long all of them took together.
func load(ctx context.Context, callers int, span time.Duration, do work) (times []time.Duration, took time.Duration, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	began := time.Now()
	until := began.Add(span)
	var mu sync.Mutex
	var units int
	next := func() int {
		mu.Lock()
		defer mu.Unlock()
		units++
		return units - 1
	}
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for first := true; (first || time.Now().Before(until)) && ctx.Err() == nil; first = false {
				n, before := next(), time.Now()
				measured, err := do(ctx, caller, n)
				if err != nil {
					cancel(err)
					return
				}
				if measured == 0 {
					measured = time.Since(before)
				}
				if measured > 0 {
					mu.Lock()
					times = append(times, measured)
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	return times, time.Since(began), context.Cause(ctx)
}

// percentile of sorted times, in milliseconds.
func percentile(sorted []time.Duration, percent int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[(len(sorted)-1)*percent/100].Microseconds()) / 1000
}

// median of figures; 0 without any.
func median(figures []float64) float64 {
	if len(figures) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(figures))
	if len(sorted)%2 == 0 {
		return (sorted[len(sorted)/2-1] + sorted[len(sorted)/2]) / 2
	}
	return sorted[len(sorted)/2]
}
