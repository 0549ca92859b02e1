package dev

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// terminal prints whole lines of concurrent writers.
type terminal struct {
	mu  sync.Mutex
	out io.Writer
}

// say prints a line about the stack itself.
func (t *terminal) say(format string, args ...any) {
	t.print("ordersaga: " + fmt.Sprintf(format, args...) + "\n")
}

// state prints the progress of one process.
func (t *terminal) state(name, state, took string) {
	t.print(fmt.Sprintf("  %-12s %-8s %8s\n", name, state, took))
}

func (t *terminal) print(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = io.WriteString(t.out, text) // a closed terminal stops us by a signal
}

func seconds(since time.Time) string {
	return fmt.Sprintf("%.1f s", time.Since(since).Seconds())
}
