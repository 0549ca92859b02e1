package report

import (
	"slices"
	"time"
)

// Latency of orders in milliseconds, from the first request until the order was seen as settled.
// Percentiles are exact, by nearest rank over all samples.
type Latency struct {
	Samples int     `json:"samples"`
	P50     float64 `json:"p50"`
	P95     float64 `json:"p95"`
	P99     float64 `json:"p99"`
	Max     float64 `json:"max"`
}

func latency(samples []time.Duration) Latency {
	if len(samples) == 0 {
		return Latency{}
	}
	sorted := slices.Sorted(slices.Values(samples))
	rank := func(percent int) float64 {
		at := (percent*len(sorted) + 99) / 100 // rounded up, counted from 1
		return milliseconds(sorted[at-1])
	}
	return Latency{Samples: len(sorted), P50: rank(50), P95: rank(95), P99: rank(99), Max: rank(100)}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
