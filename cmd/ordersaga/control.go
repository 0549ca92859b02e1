package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/dev"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/devfile"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/stack"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/supervisor"
)

// killCommand, stopCommand and startCommand act on the programs of the instance in the folder only.
type (
	killCommand struct {
		Name string `arg:"" help:"A program, or an engine: rabbitmq, postgres." placeholder:"NAME"`
	}
	stopCommand struct {
		Name string `arg:"" help:"The program." placeholder:"NAME"`
	}
	startCommand struct {
		Name string        `arg:"" help:"The program." placeholder:"NAME"`
		Wait time.Duration `help:"How long it may take to be ready." default:"2m" placeholder:"DURATION"`
	}
)

// engines that are separate processes; the others run in devstack.
var engines = []string{"rabbitmq", "postgres"}

func (c *killCommand) Run(a *addresses) error {
	if err := a.check(c.Name, engines...); err != nil {
		return err
	}
	record := supervisor.Record(a.Dir, c.Name)
	if slices.Contains(engines, c.Name) {
		record = filepath.Join(a.Dir, stack.Devstack, "run", c.Name+".json")
	}
	pid, err := supervisor.Kill(record)
	if err != nil {
		return fmt.Errorf("kill %s: %w", c.Name, err)
	}
	fmt.Printf("%s (process %d) is killed; it will be started again\n", c.Name, pid)
	return nil
}

func (c *stopCommand) Run(a *addresses) error {
	if err := a.check(c.Name); err != nil {
		return err
	}
	if err := supervisor.Hold(a.Dir, c.Name); err != nil {
		return err
	}
	fmt.Printf("%s is stopped. Start it again with:\n  %s\n", c.Name, a.again("start", c.Name))
	return nil
}

func (c *startCommand) Run(a *addresses) error {
	if err := a.check(c.Name); err != nil {
		return err
	}
	file, err := devfile.Load(a.Dir)
	if err != nil {
		return err
	}
	began := time.Now()
	held, err := supervisor.Release(a.Dir, c.Name)
	if err != nil {
		return err
	}
	s := &stack.Stack{Dir: a.Dir, Ports: file.Ports, File: file}
	if err := dev.AwaitReady(context.Background(), s.ReadyURL(c.Name), c.Wait); err != nil {
		return fmt.Errorf("%s: %w; its log is %s", c.Name, err, filepath.Join(a.shown(), "logs", c.Name+".log"))
	}
	if !held {
		fmt.Printf("%s was not stopped; it is ready\n", c.Name)
		return nil
	}
	fmt.Printf("%s is ready (%.1f s)\n", c.Name, time.Since(began).Seconds())
	return nil
}

// check refuses an unknown program, and a folder in which nothing runs.
func (a *addresses) check(name string, others ...string) error {
	if err := checkProgram(name, others...); err != nil {
		return err
	}
	err := supervisor.Running(a.Dir)
	if errors.Is(err, supervisor.ErrNotRunning) {
		return fmt.Errorf("nothing runs in %s: `make run` starts everything, --dir names another folder", a.shown())
	}
	return err
}

// checkProgram refuses a name that is neither a program's nor one of the others.
func checkProgram(name string, others ...string) error {
	names := append(stack.Order()[1:], others...) // without devstack, which runs the engines
	if slices.Contains(names, name) {
		return nil
	}
	return usage{fmt.Errorf("there is no program %q: they are %s", name, strings.Join(names, ", "))}
}
