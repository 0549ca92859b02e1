package dev

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/stack"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/supervisor"
)

const (
	// enginesPatience bounds the start of the engines: the first start creates their databases,
	// perhaps on a slow disk.
	enginesPatience = 5 * time.Minute
	programPatience = 2 * time.Minute
	// tooManyCrashes before a program was ready fail the start.
	tooManyCrashes = 4
)

// engineLine matches devstack's own lines about its engines, not the engines' logs.
var engineLine = regexp.MustCompile(`^[a-z]+(-[a-z]+)? +\S`)

func (r *run) startEngines(ctx context.Context) (*stack.Engines, error) {
	began := time.Now()
	child, err := r.supervisor.Start(r.stack.Engines())
	if err != nil {
		return nil, err
	}
	go r.relayEngines()
	r.follow(child)
	var engines *stack.Engines
	err = r.await(ctx, child, enginesPatience, 1, func(context.Context) (err error) {
		if engines, err = r.stack.ReadEngines(); errors.Is(err, fs.ErrNotExist) {
			return errors.New("the engines are starting")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	r.terminal.state(stack.Devstack, "ready", seconds(began))
	return engines, nil
}

// relayEngines prints devstack's lines about its engines: their start takes most of the time, and
// restarts should be visible.
func (r *run) relayEngines() {
	supervisor.Follow(context.Background(), r.supervisor.LogFile(stack.Devstack), func(line string) {
		if engineLine.MatchString(line) && !strings.HasPrefix(line, "{") {
			r.terminal.print("    " + line + "\n")
		}
	})
}

// startPrograms starts the programs in parallel and waits until each is ready.
func (r *run) startPrograms(ctx context.Context, engines *stack.Engines, names ...string) error {
	results := make(chan error, len(names))
	for _, name := range names {
		began := time.Now()
		child, err := r.supervisor.Start(r.stack.Program(name, engines))
		if err != nil {
			return err
		}
		r.follow(child)
		go func() {
			err := r.await(ctx, child, programPatience, tooManyCrashes, Answers(r.stack.ReadyURL(name)))
			if err == nil {
				r.terminal.state(name, "ready", seconds(began))
			}
			results <- err
		}()
	}
	var all []error
	for range names {
		if err := <-results; err != nil {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// follow shows a process's log when the user asked for it.
func (r *run) follow(child *supervisor.Child) {
	for _, name := range r.Follow {
		if name == child.Name() {
			go supervisor.Follow(context.Background(), r.supervisor.LogFile(name), func(line string) {
				r.terminal.print(fmt.Sprintf("%-9s | %s\n", name, line))
			})
		}
	}
}
