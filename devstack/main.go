// Command devstack runs the engines that Ordersaga needs on one machine: PostgreSQL, RabbitMQ, a
// MongoDB wire protocol server, Temporal with its Web UI, and a token issuer for development. It is
// a child process: it prints "ready" on standard output and its progress on standard error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/ordersaga/ordersaga/devstack/internal/config"
	"github.com/ordersaga/ordersaga/devstack/internal/progress"
	"github.com/ordersaga/ordersaga/devstack/internal/stack"
)

const usage = "usage: devstack run --config FILE [--die-with-parent]"

// Exit codes: the command line or the configuration is wrong; an engine failed.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	collectLess()
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	file, dieWithParent, err := parse(args)
	if err != nil {
		return say(err, exitUsage)
	}
	cfg, err := config.Load(file)
	if err != nil {
		return say(err, exitUsage)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	hurry := stopOnSignals(stop)
	if dieWithParent {
		stopWithParent()
	}
	ready := func() { fmt.Println("ready") }
	if err := stack.Run(ctx, cfg, progress.To(os.Stderr), hurry, ready); err != nil {
		return say(err, exitFailed)
	}
	return 0
}

func parse(args []string) (file string, dieWithParent bool, err error) {
	if len(args) == 0 || args[0] != "run" {
		return "", false, errors.New(usage)
	}
	flags := flag.NewFlagSet("devstack run", flag.ContinueOnError)
	flags.SetOutput(os.Stderr)
	flags.StringVar(&file, "config", "", "the JSON `file` that says what to run")
	flags.BoolVar(&dieWithParent, "die-with-parent", false, "stop when the parent process ends or closes our standard input")
	if err := flags.Parse(args[1:]); err != nil {
		return "", false, errors.New(usage)
	}
	if file == "" || flags.NArg() > 0 {
		return "", false, errors.New(usage)
	}
	return file, dieWithParent, nil
}

// say prints each fault as one line.
func say(err error, code int) int {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(os.Stderr, "devstack:", strings.TrimSpace(line))
	}
	return code
}
