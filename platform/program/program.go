// Package program has the main function that all programs share: it answers flags, sets up
// telemetry, runs the program, and prints one line about an error.
package program

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/doctor"
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

// Program is a program whose settings are a T, read from the environment.
type Program[T Settings] struct {
	Name string
	// Run runs until the process is stopped.
	Run func(ctx context.Context, cfg T) error
	// Reads are the variables it reads besides those of T and of telemetry.
	Reads []config.Setting
	// Checks are the checks of --check.
	Checks func(cfg T) []doctor.Check
}

// Settings are a program's settings.
type Settings interface {
	// AdminAddress is where /readyz is served, as net.Listen takes it.
	AdminAddress() string
}

// Main runs a program and ends the process: with status 0 after a clean stop, 1 after an error, 2
// for wrong arguments. Settings come from the environment; the flags only query:
//
//	--version    prints the version and commit
//	--settings   prints the variables it reads, as JSON (a list of config.Setting)
//	--check      checks the settings and the connections they name
//	--ready      asks whether the program that runs on this host is ready
func Main[T Settings](p Program[T]) {
	flags := flag.NewFlagSet(p.Name, flag.ExitOnError)
	versionAsked := flags.Bool("version", false, "print the version and commit")
	settingsAsked := flags.Bool("settings", false, "print the environment variables it reads, as JSON")
	checkAsked := flags.Bool("check", false, "check the settings and connections one by one and print what is wrong")
	readyAsked := flags.Bool("ready", false, "ask whether the program that runs here with these settings is ready")
	_ = flags.Parse(os.Args[1:]) // ExitOnError
	if flags.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "%s: %q is not understood: settings are environment variables\n", p.Name, flags.Arg(0))
		os.Exit(2)
	}
	var err error
	switch {
	case *versionAsked:
		fmt.Println(p.Name, Version())
	case *settingsAsked:
		err = p.describe(os.Stdout)
	case *checkAsked:
		err = p.check(os.Stdout)
	case *readyAsked:
		err = p.ready()
	default:
		collectLess()
		err = p.withTelemetry()
	}
	if errors.Is(err, errShown) {
		os.Exit(1)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", p.Name, err)
		os.Exit(1)
	}
}

func (p Program[T]) describe(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(p.reads())
}

func (p Program[T]) reads() []config.Setting {
	return slices.Concat(config.Describe[T](), p.Reads, telemetry.Settings())
}

func (p Program[T]) withTelemetry() error {
	ctx := context.Background()
	shutdown, err := telemetry.Setup(ctx, p.Name, Version())
	if err != nil {
		return err
	}
	err = p.run(ctx)
	flush, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	// A clean stop does not fail because of unsent traces; the exporter has logged the error.
	_ = shutdown(flush)
	return err
}

func (p Program[T]) run(ctx context.Context) error {
	cfg, err := p.load()
	if err != nil {
		return err
	}
	return p.Run(ctx, cfg)
}

// load reads the settings. In production the connections of Checks must use TLS or stay on this
// machine.
func (p Program[T]) load() (T, error) {
	cfg, err := config.Load[T]()
	if err != nil || p.Checks == nil {
		return cfg, err
	}
	if in, ok := any(cfg).(interface{ Production() bool }); !ok || !in.Production() {
		return cfg, nil
	}
	return cfg, doctor.Unencrypted(p.Checks(cfg))
}

// Version returns the program's version, with the commit it was built from if it has one.
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
