package main

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress is a bar on a terminal, and prints nothing elsewhere.
type progress struct{ bar *progressbar.ProgressBar }

func newProgress(orders int) progress {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return progress{progressbar.DefaultSilent(int64(orders))}
	}
	return progress{progressbar.NewOptions(orders,
		progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription("placing orders"),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("orders"),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())}
}

// step is called when an order is done, from any goroutine.
func (p progress) step() { _ = p.bar.Add(1) }

func (p progress) end() { _ = p.bar.Finish() }
