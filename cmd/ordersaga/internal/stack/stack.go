// Package stack has the programs of a development stack, the order of their start, and their
// settings.
package stack

import (
	"path/filepath"
	"syscall"
	"time"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/devfile"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/supervisor"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

// Devstack runs the engines.
const Devstack = "devstack"

// Order returns the programs in the order of their start; they stop in reverse.
func Order() []string {
	return append([]string{Devstack}, programs.Names(programs.Any)...)
}

// withTokens returns the programs that call others and need tokens.
func withTokens() []string { return programs.Names(programs.CallsOthers) }

// Stack is one development stack.
type Stack struct {
	Dir   string // absolute; holds everything
	Bin   string // the folder of the programs
	Ports ports.Ports
	File  *devfile.File
	// Environment is the user's environment.
	Environment []string
}

// Secrets makes the missing secrets.
func (s *Stack) Secrets() { s.File.Complete(withTokens()) }

// Path of a program.
func (s *Stack) Path(name string) string { return filepath.Join(s.Bin, name) }

// ReadyURL returns a program's /readyz; "" for devstack, which writes its engines file instead.
func (s *Stack) ReadyURL(name string) string {
	switch {
	case name == Devstack:
		return ""
	case programs.Of(name).Service:
		return s.Ports.URL(ports.Admin(name)) + "/readyz"
	default:
		return s.Ports.URL(name) + "/readyz"
	}
}

// Engines returns the program of the engines. It gets SIGTERM and not SIGKILL when the supervisor
// dies or stops in a hurry, because it has to stop its own children.
func (s *Stack) Engines() supervisor.Program {
	return supervisor.Program{
		Name: Devstack, Path: s.Path(Devstack),
		Args:     []string{"run", "--config", s.configFile(), "--die-with-parent"},
		Env:      withoutTelemetry(clean(s.Environment)),
		Patience: time.Minute,
		Orphaned: syscall.SIGTERM,
		Hurried:  syscall.SIGTERM,
	}
}

// Program returns one of the other programs, with the addresses of the engines.
func (s *Stack) Program(name string, engines *Engines) supervisor.Program {
	return supervisor.Program{
		Name: name, Path: s.Path(name), Env: s.environment(name, engines), Patience: 30 * time.Second,
	}
}
