package program

import (
	"os"
	"runtime/debug"
)

const (
	// collectAt is how much the memory in use may grow before garbage is collected, in percent. With
	// Go's default of 100 a tenth of a program's CPU time is garbage collection.
	collectAt = 400
	// collectBelow is the memory in use, in bytes, above which garbage is collected earlier again.
	collectBelow = 512 << 20
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
