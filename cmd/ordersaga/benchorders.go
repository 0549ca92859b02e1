package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/bench"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/devfile"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/stack"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

type benchOrders struct {
	For     time.Duration `help:"How long each case is measured in each round." default:"10s" placeholder:"DURATION"`
	Rounds  int           `help:"How often each case is measured; figures are medians." default:"3"`
	Callers []int         `help:"Orders at once, a case each." default:"1,32" placeholder:"N,..."`
	Lines   []int         `help:"Lines of an order, a case each." default:"1,20" placeholder:"N,..."`
	NoFloor bool          `help:"Measure orders only, without the workflows they are compared with."`
	JSON    bool          `help:"Print all figures as JSON." name:"json"`
}

// Run is called by kong.
func (c *benchOrders) Run(a *addresses) error {
	for _, n := range slices.Concat(c.Callers, c.Lines) {
		if n < 1 || n > 256 {
			return usage{fmt.Errorf("--callers and --lines must be 1 to 256, not %d", n)}
		}
	}
	if c.For <= 0 || c.Rounds < 1 || len(c.Callers) == 0 || len(c.Lines) == 0 {
		return usage{fmt.Errorf("--for, --rounds, --callers and --lines must be more than 0")}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	file, err := devfile.Load(a.Dir)
	if err != nil {
		return fmt.Errorf("the benchmark of orders needs the development stack of a folder (--dir): %w", err)
	}
	engines, err := (&stack.Stack{Dir: a.Dir}).ReadEngines()
	if err != nil {
		return fmt.Errorf("the benchmark of orders needs a running development stack (--dir): %w", err)
	}
	asOperator, err := a.session(operator)
	if err != nil {
		return err
	}
	report, err := bench.Run(ctx, bench.Options{
		Dir: a.Dir, Engines: engines.Pids,
		// Once: an order that was waited for because of a limit would be measured as a slow one.
		Orders: func(shopper string) (*client.Client, error) {
			s, err := a.sessionOf(caller{As: shopper}, 1)
			if err != nil {
				return nil, err
			}
			return s.Client, nil
		},
		Operator:        asOperator.Client,
		TemporalAddress: engines.Temporal.Address, TemporalNamespace: engines.Temporal.Namespace,
		DatabaseURL: engines.Postgres.URL, MetricsPages: metricsPages(file.Ports),
		For: c.For, Rounds: c.Rounds, Callers: c.Callers, Lines: c.Lines, Floor: !c.NoFloor,
		Say: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) },
	})
	if err != nil {
		return notLimited(err)
	}
	if c.JSON {
		encoded, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return err
		}
		fmt.Println(string(encoded))
		return nil
	}
	printBench(report)
	return nil
}

func metricsPages(p ports.Ports) (pages []string) {
	for _, name := range programs.Names(programs.IsService) {
		pages = append(pages, p.URL(ports.Admin(name))+"/metrics")
	}
	return append(pages, p.URL(programs.Worker)+"/metrics")
}

// printBench prints the speeds, then what a unit costs by process and by count, then the ratios.
func printBench(report *bench.Report) {
	rows := [][]string{{"WORK", "LINES", "CALLERS", "A SECOND", "LEAST", "MOST", "P50", "P95", "P99", "CPU"}}
	for _, c := range report.Cases {
		rows = append(rows, []string{
			c.Name, whole(int64(c.Lines)), fmt.Sprint(c.Callers),
			fmt.Sprintf("%.1f", c.PerSecond), fmt.Sprintf("%.1f", c.Spread[0]), fmt.Sprintf("%.1f", c.Spread[1]),
			fmt.Sprintf("%.1f ms", c.P50), fmt.Sprintf("%.1f ms", c.P95), fmt.Sprintf("%.1f ms", c.P99), fmt.Sprintf("%.1f ms", c.CPUTotal),
		})
	}
	table(rows)
	fmt.Println()
	printCosts("CPU MS A UNIT", report.Cases, func(c *bench.Case) map[string]float64 { return c.CPU })
	fmt.Println()
	printCosts("COUNTS A UNIT", report.Cases, func(c *bench.Case) map[string]float64 {
		counts := maps.Clone(c.Counts)
		counts["history events"], counts["state transitions"] = float64(c.HistoryEvents), float64(c.StateTransitions)
		return counts
	})
	fmt.Println()
	rows = [][]string{{"RATIO", ""}}
	for _, name := range slices.Sorted(maps.Keys(report.Ratios)) {
		rows = append(rows, []string{name, fmt.Sprintf("%.2f", report.Ratios[name])})
	}
	table(rows)
}

// printCosts prints one row for each cost and one column for each case.
func printCosts(title string, cases []*bench.Case, of func(*bench.Case) map[string]float64) {
	header, names := []string{title}, map[string]bool{}
	for _, c := range cases {
		header = append(header, strings.TrimSpace(fmt.Sprintf("%s %s @%d", c.Name, whole(int64(c.Lines)), c.Callers)))
		for name := range of(c) {
			names[name] = true
		}
	}
	rows := [][]string{header}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		row := []string{name}
		for _, c := range cases {
			row = append(row, fmt.Sprintf("%.2f", of(c)[name]))
		}
		rows = append(rows, row)
	}
	table(rows)
}

// whole prints a number, and nothing for 0.
func whole(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
