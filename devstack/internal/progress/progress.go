// Package progress prints lines about the state of the engines.
package progress

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Printer writes lines that people can read and programs can split at spaces.
type Printer struct {
	mu  sync.Mutex
	out io.Writer
}

// To prints to out.
func To(out io.Writer) *Printer { return &Printer{out: out} }

// State prints that an engine reached a state, and after how long.
func (p *Printer) State(engine, state string, since time.Time) {
	p.line("%-12s %-10s %6.1fs", engine, state, time.Since(since).Seconds())
}

// Note prints a message about an engine.
func (p *Printer) Note(engine, format string, args ...any) {
	p.line("%-12s %s", engine, fmt.Sprintf(format, args...))
}

func (p *Printer) line(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, format+"\n", args...)
}
