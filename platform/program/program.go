// Package program is what the main function of every program does: it answers questions about the
// program, sets telemetry up, runs, and ends with one line that says what was wrong.
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
	// Run serves until the process is told to stop.
	Run func(ctx context.Context, cfg T) error
	// Reads are the variables it reads beyond those of T and of telemetry.
	Reads []config.Setting
	// Checks are what must be true for it to work.
	Checks func(cfg T) []doctor.Check
}

// Settings of a program say where it tells how it is.
type Settings interface {
	// AdminAddress is where /readyz is served, as net.Listen takes it.
	AdminAddress() string
}

// Main runs a program and ends the process: with status 0 after an orderly stop, 1 after an error,
// 2 when it was called wrongly. Settings come from the environment; flags only ask:
//
//	--version    which version and commit this is
//	--settings   which variables it reads, as JSON (a list of config.Setting)
//	--check      whether they are right and what they point to answers
//	--ready      whether the program that runs with them on this host is ready
func Main[T Settings](p Program[T]) {
	flags := flag.NewFlagSet(p.Name, flag.ExitOnError)
	versionAsked := flags.Bool("version", false, "print the version and commit")
	settingsAsked := flags.Bool("settings", false, "print the environment variables it reads, as JSON")
	checkAsked := flags.Bool("check", false, "check the settings and connections one by one and say what is wrong")
	readyAsked := flags.Bool("ready", false, "tell whether the program that runs here with these settings is ready")
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
	// Traces that could not be sent are no reason to call an orderly stop a failure; the exporter
	// has logged it.
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

// load reads the settings. In production they must not have anything read on its way: what Checks
// talk to is spoken with by TLS, or is on this machine.
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

// Version is the program's version, with the commit it was built from where that is known.
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
