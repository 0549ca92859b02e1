// Package dev runs the whole system on one machine: the engines, the services, the worker and the
// payment simulator, each as a process, as in production.
package dev

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/devfile"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/stack"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/supervisor"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

// Options of one run.
type Options struct {
	// Dir holds all state.
	Dir string
	// Bin is the folder of the programs.
	Bin string
	// Offset shifts all ports that Ports does not name.
	Offset int
	Ports  map[string]int
	// Follow names the processes whose logs are shown as well.
	Follow []string
	// ReadyFile is written when the table is printed; none when empty.
	ReadyFile string
	// Out is the terminal.
	Out io.Writer
}

// WrongOption is an error in what the user asked for; nothing was started.
type WrongOption struct{ error }

// Run starts everything, prints the addresses, and keeps it running until the first SIGINT, SIGTERM
// or SIGHUP; then it stops everything. After a second signal it stops at once. When it returns, no
// process is left.
func Run(o Options) error {
	r := &run{Options: o, terminal: &terminal{out: o.Out}, began: time.Now()}
	if err := r.prepare(); err != nil {
		return err
	}
	ctx, hurry, done := signals(r.terminal)
	defer done()
	err := r.start(ctx)
	if err == nil {
		r.printTable()
		err = r.writeReadyFile()
	}
	if err == nil {
		<-ctx.Done()
	}
	asked := ctx.Err() != nil
	r.terminal.say("stopping …")
	began := time.Now()
	r.supervisor.Stop(hurry)
	r.terminal.say("everything has stopped (%s)", seconds(began))
	if asked {
		return nil // a start cut short by the user is no failure
	}
	return err
}

type run struct {
	Options
	terminal   *terminal
	began      time.Time
	stack      *stack.Stack
	supervisor *supervisor.Supervisor
}

// prepare does everything that can fail before a process is started.
func (r *run) prepare() error {
	for _, name := range r.Follow {
		if !slices.Contains(stack.Order(), name) {
			return WrongOption{fmt.Errorf("--follow: there is no process named %q: they are %s", name, strings.Join(stack.Order(), ", "))}
		}
	}
	asked, err := ports.Asked(r.Ports)
	if err != nil {
		return WrongOption{err}
	}
	decided, err := ports.Decide(r.Offset, asked)
	if err != nil {
		return WrongOption{err}
	}
	if r.stack, err = r.newStack(decided); err != nil {
		return err
	}
	if err := r.checkPrograms(); err != nil {
		return err
	}
	if err := os.MkdirAll(r.stack.Dir, 0o755); err != nil {
		return fmt.Errorf("make the folder %s: %w", r.Dir, err)
	}
	if r.supervisor, err = supervisor.New(r.stack.Dir, r.terminal.say); err != nil {
		return err
	}
	if err := r.takeOver(); err != nil {
		r.supervisor.Stop(nil)
		return err
	}
	return nil
}

// takeOver stops processes of an earlier start, checks that the ports are free, and writes the
// configuration.
func (r *run) takeOver() error {
	reversed := stack.Order()
	slices.Reverse(reversed)
	if err := r.supervisor.EndLeftovers(reversed...); err != nil {
		return err
	}
	if err := r.stack.CheckPorts(); err != nil {
		return err
	}
	file, err := devfile.Load(r.stack.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	r.stack.File = file
	r.stack.Secrets()
	file.Locate(r.stack.Ports)
	if err := file.Save(r.stack.Dir); err != nil {
		return err
	}
	if err := r.stack.WriteConfig(); err != nil {
		return err
	}
	return r.stack.ForgetEngines()
}

func (r *run) newStack(decided ports.Ports) (*stack.Stack, error) {
	dir, err := filepath.Abs(r.Dir)
	if err != nil {
		return nil, fmt.Errorf("the folder %s: %w", r.Dir, err)
	}
	bin, err := filepath.Abs(r.Bin)
	if err != nil {
		return nil, fmt.Errorf("the folder %s: %w", r.Bin, err)
	}
	return &stack.Stack{Dir: dir, Bin: bin, Ports: decided, Environment: os.Environ()}, nil
}

func (r *run) checkPrograms() error {
	for _, name := range stack.Order() {
		if info, err := os.Stat(r.stack.Path(name)); err != nil || info.IsDir() {
			return fmt.Errorf("there is no program %s: `make build` makes it, --bin names another folder", r.stack.Path(name))
		}
	}
	return nil
}

func (r *run) writeReadyFile() error {
	if r.ReadyFile == "" {
		return nil
	}
	if err := os.WriteFile(r.ReadyFile, []byte("ready\n"), 0o600); err != nil {
		return fmt.Errorf("write the ready file: %w", err)
	}
	return nil
}

// start starts everything and loads the demo products.
func (r *run) start(ctx context.Context) error {
	r.terminal.say("starting in %s; logs are in %s", r.Dir, filepath.Join(r.Dir, "logs"))
	engines, err := r.startEngines(ctx)
	if err != nil {
		return err
	}
	services := append([]string{programs.Paysim}, programs.Names(programs.IsService)...)
	if err := r.startPrograms(ctx, engines, services...); err != nil {
		return err
	}
	if err := r.startPrograms(ctx, engines, programs.Worker); err != nil {
		return err
	}
	return r.loadDemo(ctx)
}
