package bench

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/dev"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/supervisor"
	"github.com/ordersaga/ordersaga/contracts/programs"
	"github.com/ordersaga/ordersaga/platform/pause"
)

// started are instances besides those of the stack, on its engines.
type started struct {
	dir        string // of their supervisor
	supervisor *supervisor.Supervisor
	pages      []string // of their metrics
}

// patience bounds the start of an instance.
const patience = 2 * time.Minute

// apart is the distance between the ports of one instance and the next: more than the programs have.
const apart = 20

// instances are the cases of more than one instance of the programs, each with the number of callers
// that keeps the machine busy.
func (s *system) instances() (cases []*Case) {
	all := append(programs.Names(programs.IsService), programs.Worker)
	second := s.ports(2, all...).URL(programs.Orders)
	for _, set := range []struct {
		name   string
		before func(context.Context) error
		orders []string
	}{
		{"order, one of each program", func(context.Context) error { return s.stopStarted() }, nil},
		{"order, two workers", func(ctx context.Context) error { return s.start(ctx, 2, programs.Worker) }, nil},
		{"order, four workers", func(ctx context.Context) error { return s.start(ctx, 4, programs.Worker) }, nil},
		{"order, two of each program", func(ctx context.Context) error { return s.start(ctx, 2, all...) }, []string{"", second}},
	} {
		c := &Case{Part: Instances, Name: set.name, Callers: busy, Lines: 1, before: set.before, do: s.buyers.place(1, set.orders...)}
		if len(cases) > 0 {
			c.to = []comparison{
				{name: "orders a second to one of each", to: cases[0], of: speed}, {name: "CPU to one of each", to: cases[0], of: cpuTotal},
			}
		}
		cases = append(cases, c)
	}
	return cases
}

// ports of the number-th instance of programs; all others are those of the stack.
func (s *system) ports(number int, names ...string) ports.Ports {
	shifted := maps.Clone(s.Stack.Ports)
	for _, program := range names {
		for _, name := range []string{program, ports.GRPC(program), ports.Admin(program)} {
			if shifted[name] != 0 {
				shifted[name] += apart * (number - 1)
			}
		}
	}
	return shifted
}

// start runs further instances of programs, so that there are so many of each, and waits until all
// are ready. The services and the worker of one number call each other; Temporal shares the sagas
// among the workers. It stops what was started before.
func (s *system) start(ctx context.Context, count int, names ...string) error {
	if err := s.stopStarted(); err != nil {
		return err
	}
	dir := filepath.Join(s.Stack.Dir, "instances")
	children, err := supervisor.New(dir, func(string, ...any) {})
	if err != nil {
		return err
	}
	s.started = &started{dir: dir, supervisor: children}
	for number := 2; number <= count; number++ {
		further := *s.Stack
		further.Ports = s.ports(number, names...)
		for _, name := range names {
			program := further.Program(name, s.Engines)
			program.Name = fmt.Sprintf("%s-%d", name, number)
			// An index in a folder is of one process.
			program.Env = append(program.Env, "SEARCH_DIR="+filepath.Join(dir, fmt.Sprintf("search-%d", number)))
			if _, err := children.Start(program); err != nil {
				return err
			}
			ready := further.ReadyURL(name)
			if err := dev.AwaitReady(ctx, ready, patience); err != nil {
				return fmt.Errorf("%s: %w; its log is %s", program.Name, err, children.LogFile(program.Name))
			}
			s.started.pages = append(s.started.pages, strings.TrimSuffix(ready, "/readyz")+"/metrics")
		}
	}
	return s.awaitIndexes(ctx)
}

// awaitIndexes waits until the search indexes of further instances have what came while they were
// stopped: it is no cost of the orders that are measured.
func (s *system) awaitIndexes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		counts := map[string]float64{}
		for _, page := range s.started.pages {
			if err := addMetrics(ctx, page, counts); err != nil {
				return err
			}
		}
		if counts[unindexed] == 0 {
			return nil
		}
		if err := pause.For(ctx, time.Second, nil); err != nil {
			return fmt.Errorf("further instances have %.0f changes to index: %w", counts[unindexed], err)
		}
	}
}

// stopStarted ends the further instances.
func (s *system) stopStarted() error {
	if s.started == nil {
		return nil
	}
	began := time.Now()
	s.started.supervisor.Stop(nil)
	s.Say("further instances have stopped (%s)", time.Since(began).Round(time.Second))
	s.started = nil
	return nil
}
