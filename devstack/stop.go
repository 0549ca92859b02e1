package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	// Ctrl-C often arrives twice, from the terminal and from the parent: two signals within this
	// time count as one.
	sameWish = time.Second
	// A clean stop that takes longer becomes a quick one, and a quick one ends the process.
	longestStop    = 60 * time.Second
	longestHurried = 15 * time.Second
)

// stopOnSignals stops at the first SIGTERM or SIGINT, and closes hurry at the second.
func stopOnSignals(stop context.CancelFunc) (hurry <-chan struct{}) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	hurried := make(chan struct{})
	go func() {
		<-signals
		stop()
		awaitSecond(signals)
		close(hurried)
		<-time.After(longestHurried)
		// The kernel ends the children with us, or the next start does.
		os.Exit(exitFailed)
	}()
	return hurried
}

func awaitSecond(signals <-chan os.Signal) {
	first := time.Now()
	deadline := time.After(longestStop)
	for {
		select {
		case <-signals:
			if time.Since(first) > sameWish {
				return
			}
		case <-deadline:
			return
		}
	}
}

// stopWithParent stops when the parent process has ended: then our parent is another one, or the
// pipe on standard input is closed.
func stopWithParent() {
	// The same way as for a signal, with its bounds.
	stop := func() { _ = syscall.Kill(os.Getpid(), syscall.SIGTERM) }
	parent := os.Getppid()
	go func() {
		for range time.Tick(250 * time.Millisecond) {
			if os.Getppid() != parent {
				stop()
				return
			}
		}
	}()
	info, err := os.Stdin.Stat()
	if err != nil || info.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
		return // a terminal or /dev/null is not a pipe from the parent
	}
	go func() {
		buffer := make([]byte, 512)
		for {
			if _, err := os.Stdin.Read(buffer); err != nil {
				stop()
				return
			}
		}
	}()
}
