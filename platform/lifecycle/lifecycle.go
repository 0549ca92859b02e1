// Package lifecycle runs the components of a program and stops them one after another, in the
// reverse of the order in which they are listed: list dependencies first (telemetry, pools,
// publishers) and servers last, so that a request in progress keeps its dependencies.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"
	"time"
)

// DefaultDrain is how long a component that sets no Drain may take to stop.
const DefaultDrain = 10 * time.Second

// Component is a part of a program that runs until it is stopped.
type Component struct {
	// Name is used in messages.
	Name string
	// Run runs until its context is cancelled, then finishes the work it has begun and returns. It
	// may return nil earlier when its work is done; an error stops the program.
	Run func(ctx context.Context) error
	// Drain bounds the time between the cancelling and the return.
	Drain time.Duration
}

// Run starts all components and waits for SIGTERM, SIGINT, the end of ctx, the end of all
// components or the first failure; then it stops them in reverse order, each cancelled and waited
// for before the next. A second signal ends the process at once.
//
// The error is the first failure, joined with the names of the components that did not stop within
// their Drain; nil after a clean stop.
func Run(ctx context.Context, components ...Component) error {
	signalled, restoreSignals := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer restoreSignals()

	parts := make([]*part, len(components))
	ended := make(chan error, len(components))
	for i, component := range components {
		// Not cancelled with ctx: the components are stopped one after another.
		parts[i] = start(context.WithoutCancel(ctx), component, ended)
	}
	failure := wait(signalled, ended, len(components))
	restoreSignals()

	for _, p := range slices.Backward(parts) {
		if err := p.stop(); err != nil && !errors.Is(failure, err) {
			failure = errors.Join(failure, err)
		}
	}
	return failure
}

// wait returns when the program has to stop, with the failure that is the cause.
func wait(signalled context.Context, ended <-chan error, left int) error {
	for ; left > 0; left-- {
		select {
		case <-signalled.Done():
			slog.Info("stopping")
			return nil
		case err := <-ended:
			if err != nil {
				slog.Error("stopping", "error", err)
				return err
			}
		}
	}
	return nil
}

type part struct {
	Component
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

func start(ctx context.Context, component Component, ended chan<- error) *part {
	ctx, cancel := context.WithCancel(ctx)
	p := &part{Component: component, cancel: cancel, done: make(chan struct{})}
	if p.Drain == 0 {
		p.Drain = DefaultDrain
	}
	go func() {
		defer close(p.done)
		err := p.run(ctx)
		// A stopped component that returns context.Canceled has not failed.
		if err != nil && !(ctx.Err() != nil && errors.Is(err, context.Canceled)) {
			p.err = fmt.Errorf("%s: %w", p.Name, err)
		}
		ended <- p.err
	}()
	return p
}

// run turns a panic into an error, so that the other components are stopped cleanly.
func (p *part) run(ctx context.Context) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			slog.Error("panic", "component", p.Name, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return p.Run(ctx)
}

// stop cancels the component and returns its error.
func (p *part) stop() error {
	begun := time.Now()
	p.cancel()
	deadline := time.NewTimer(p.Drain)
	defer deadline.Stop()
	select {
	case <-p.done:
		slog.Debug("stopped", "component", p.Name, "took", time.Since(begun).String())
		return p.err
	case <-deadline.C:
		return fmt.Errorf("%s: did not stop within %s", p.Name, p.Drain)
	}
}
