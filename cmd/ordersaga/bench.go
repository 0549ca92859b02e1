package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/bench"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/devfile"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/stack"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

type benchCommand struct {
	For     time.Duration `help:"How long each case is measured in each round; reads half of it." default:"3s" placeholder:"DURATION"`
	Rounds  int           `help:"How often each case is measured; figures are medians." default:"3"`
	Callers []int         `help:"Orders at once, a case each." default:"1,32,128" placeholder:"N,..."`
	Lines   []int         `help:"Lines of an order, a case each." default:"1,5,20" placeholder:"N,..."`
	Parts   []bench.Part  `help:"What is measured: orders, reads, visible, life; and for a system that nobody else uses recovery, which kills the worker, instances, which starts programs, and growth, which fills the stores; or all." default:"orders,reads,visible,life" placeholder:"PART,..."`
	Growth  int           `help:"To how many orders the part growth fills the stores." default:"20000" placeholder:"N"`
	Save    string        `help:"A folder for the figures as bench.json and the picture bench.svg." type:"path" placeholder:"DIR"`
	binaries
}

// Run is called by kong.
func (c *benchCommand) Run(a *addresses) error {
	if err := c.check(); err != nil {
		return usage{err}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	running, engines, err := c.stack(a)
	if err != nil {
		return err
	}
	report, err := bench.Run(ctx, bench.Options{
		Stack: running, Engines: engines,
		// Once: an order that was waited for because of a limit would be measured as a slow one.
		Open: func(who bench.Who) (*client.Client, error) {
			at := *a
			if who.OrdersURL != "" {
				at.URL = maps.Clone(a.URL)
				if at.URL == nil {
					at.URL = map[string]string{}
				}
				at.URL[programs.Orders] = who.OrdersURL
			}
			s, err := at.sessionOf(caller{As: who.Shopper, Operator: who.Shopper == ""}, 1)
			if err != nil {
				return nil, err
			}
			return s.Client, nil
		},
		Parts: c.Parts, For: c.For, Rounds: c.Rounds, Callers: c.Callers, Lines: c.Lines, GrowTo: c.Growth,
		Say: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) },
	})
	if err != nil {
		return notLimited(err)
	}
	printBench(report)
	return c.save(report)
}

func (c *benchCommand) check() error {
	for _, n := range slices.Concat(c.Callers, c.Lines) {
		if n < 1 || n > 256 {
			return fmt.Errorf("--callers and --lines must be 1 to 256, not %d", n)
		}
	}
	if c.For <= 0 || c.Rounds < 1 || len(c.Callers) == 0 || len(c.Lines) == 0 {
		return errors.New("--for, --rounds, --callers and --lines must be more than 0")
	}
	if slices.Contains(c.Parts, "all") {
		c.Parts = bench.All
	}
	for _, part := range c.Parts {
		if !slices.Contains(bench.All, part) {
			return fmt.Errorf("--parts: there is no part %q; they are %v, and all", part, bench.All)
		}
	}
	return nil
}

// stack finds the running development stack.
func (c *benchCommand) stack(a *addresses) (*stack.Stack, *stack.Engines, error) {
	file, err := devfile.Load(a.Dir)
	if err != nil {
		return nil, nil, fmt.Errorf("the benchmark needs the development stack of a folder (--dir): %w", err)
	}
	bin, err := c.folder()
	if err != nil {
		return nil, nil, err
	}
	running := &stack.Stack{Dir: a.Dir, Bin: bin, Ports: file.Ports, File: file, Environment: os.Environ()}
	engines, err := running.ReadEngines()
	if err != nil {
		return nil, nil, fmt.Errorf("the benchmark needs a running development stack (--dir): %w", err)
	}
	return running, engines, nil
}

// save writes the report as JSON and as a picture.
func (c *benchCommand) save(report *bench.Report) error {
	if c.Save == "" {
		return nil
	}
	if err := os.MkdirAll(c.Save, 0o755); err != nil {
		return fmt.Errorf("make the folder of the figures: %w", err)
	}
	for name, write := range map[string]func(io.Writer) error{
		"bench.json": func(to io.Writer) error {
			encoder := json.NewEncoder(to)
			encoder.SetIndent("", "  ")
			return encoder.Encode(report)
		},
		"bench.svg": report.WriteChart,
	} {
		file, err := os.Create(filepath.Join(c.Save, name))
		if err != nil {
			return fmt.Errorf("save the figures: %w", err)
		}
		if err := errors.Join(write(file), file.Close()); err != nil {
			return fmt.Errorf("save %s: %w", file.Name(), err)
		}
		fmt.Println(file.Name())
	}
	return nil
}

// notLimited explains an error that says that requests are limited.
func notLimited(err error) error {
	var refused *client.Problem
	if errors.As(err, &refused) && refused.Status == http.StatusTooManyRequests {
		return fmt.Errorf("orders limits requests, so this would measure its limit: start it with RATE_LIMIT_PER_SECOND=0: %w", err)
	}
	return err
}

// printBench prints the speeds, then what a unit costs by process and by count, then the ratios.
func printBench(report *bench.Report) {
	rows := [][]string{{"WORK", "LINES", "CALLERS", "A SECOND", "LEAST", "MOST", "P50", "P95", "P99", "CPU", "OWN CPU"}}
	for _, c := range report.Cases {
		rows = append(rows, []string{
			c.Name, whole(c.Lines), whole(c.Callers), figure(c.PerSecond, "%.1f"), figure(c.Spread[0], "%.1f"), figure(c.Spread[1], "%.1f"),
			figure(c.P50, "%.1f ms"), figure(c.P95, "%.1f ms"), figure(c.P99, "%.1f ms"), figure(c.CPUTotal, "%.2f ms"), figure(c.CPUOwn, "%.2f ms"),
		})
	}
	table(rows)
	fmt.Println()
	for _, part := range bench.All {
		cases := slices.DeleteFunc(slices.Clone(report.Cases), func(c *bench.Case) bool { return c.Part != part || c.CPUTotal == 0 })
		printCosts("CPU MS A UNIT", cases, func(c *bench.Case) map[string]float64 { return c.CPU })
		printCosts("COUNTS A UNIT", cases, func(c *bench.Case) map[string]float64 {
			counts := maps.Clone(c.Counts)
			counts["history events"], counts["state transitions"] = float64(c.HistoryEvents), float64(c.StateTransitions)
			return counts
		})
	}
	if filled := report.Filled; filled != nil {
		fmt.Printf("The stores were filled from %d to %d orders; the last %d came by gRPC, %.0f a second.\n\n", filled.Few, filled.Many, filled.Added, filled.PerSecond)
	}
	if len(report.Ratios) == 0 {
		return
	}
	rows = [][]string{{"RATIO", ""}}
	for _, name := range slices.Sorted(maps.Keys(report.Ratios)) {
		rows = append(rows, []string{name, fmt.Sprintf("%.2f", report.Ratios[name])})
	}
	table(rows)
}

// printCosts prints one row for each cost and one column for each case.
func printCosts(title string, cases []*bench.Case, of func(*bench.Case) map[string]float64) {
	if len(cases) == 0 {
		return
	}
	header, names := []string{title}, map[string]bool{}
	for _, c := range cases {
		header = append(header, strings.Join(strings.Fields(fmt.Sprintf("%s %s @%s", c.Name, whole(c.Lines), whole(c.Callers))), " "))
		for name, cost := range of(c) {
			names[name] = names[name] || cost != 0
		}
	}
	rows := [][]string{header}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !names[name] {
			continue
		}
		row := []string{name}
		for _, c := range cases {
			row = append(row, fmt.Sprintf("%.2f", of(c)[name]))
		}
		rows = append(rows, row)
	}
	table(rows)
	fmt.Println()
}

// figure and whole print a number, and nothing for 0.
func figure(n float64, format string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(format, n)
}

func whole(n int) string { return strings.TrimPrefix(fmt.Sprint(n), "0") }
