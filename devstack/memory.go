package main

import (
	"os"
	"runtime/debug"
)

const (
	// collectAt is how much the memory in use may grow before garbage is collected, in percent. The
	// documents that FerretDB decodes are garbage at once: with Go's default of 100 a page of a list
	// costs 1.2 ms of CPU more, of 4.6. With 400 it costs at most 0.8 ms less than with this, an order
	// about the same, and after some thousand orders the devstack has 1 GB instead of half of it.
	collectAt = 150
	// collectBelow is the memory above which garbage is collected earlier again.
	collectBelow = 1 << 30
)

// collectLess trades memory for speed, unless the environment says otherwise (GOGC, GOMEMLIMIT).
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(collectBelow)
	}
}
