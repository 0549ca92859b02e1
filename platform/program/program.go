// Package program is what the main function of every program does: it answers
// --version, sets telemetry up, runs, and ends with one line that says what was
// wrong.
package program

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/ordersaga/ordersaga/platform/telemetry"
)

// version and commit are set by the linker:
//
//	-X github.com/ordersaga/ordersaga/platform/program.version=v1.2.3
var (
	version = "dev"
	commit  = ""
)

// flushTimeout bounds the sending of the last traces.
const flushTimeout = 5 * time.Second

// Main runs a program and ends the process: with status 0 after an orderly stop,
// 1 after an error, 2 when it was called wrongly. Settings come from the
// environment; the only flag is --version.
func Main(name string, run func(ctx context.Context) error) {
	flags := flag.NewFlagSet(name, flag.ExitOnError)
	wantsVersion := flags.Bool("version", false, "print the version and commit")
	_ = flags.Parse(os.Args[1:]) // ExitOnError
	if flags.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "%s: %q is not understood: settings are environment variables\n", name, flags.Arg(0))
		os.Exit(2)
	}
	if *wantsVersion {
		fmt.Println(name, Version())
		return
	}
	if err := withTelemetry(name, run); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func withTelemetry(name string, run func(ctx context.Context) error) error {
	ctx := context.Background()
	shutdown, err := telemetry.Setup(ctx, name, Version())
	if err != nil {
		return err
	}
	err = run(ctx)
	flush, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	// Traces that could not be sent are no reason to call an orderly stop a
	// failure; the exporter has logged it.
	_ = shutdown(flush)
	return err
}

// Version is the program's version, with the commit it was built from where that
// is known.
func Version() string {
	revision := commit
	if info, ok := debug.ReadBuildInfo(); ok && revision == "" {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				revision = setting.Value
			}
		}
	}
	if revision == "" {
		return version
	}
	return version + " (" + revision + ")"
}
