// Package stack knows what a development stack consists of: its programs, the order in which they
// start, and the settings each is given.
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

// Order in which the programs start; they stop in reverse.
func Order() []string {
	return append([]string{Devstack}, programs.Names(programs.Any)...)
}

// withTokens are the programs that call others in their own name.
func withTokens() []string { return programs.Names(programs.CallsOthers) }

// Stack is one development stack.
type Stack struct {
	Dir   string // absolute; holds everything
	Bin   string // the folder of the programs
	Ports ports.Ports
	File  *devfile.File
	// Environment is what the user's own environment adds to each program's.
	Environment []string
}

// Secrets makes those that are missing.
func (s *Stack) Secrets() { s.File.Complete(withTokens()) }

// Path of a program.
func (s *Stack) Path(name string) string { return filepath.Join(s.Bin, name) }

// ReadyURL is where a program says that it is ready; none for devstack, which writes its engines
// file instead.
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

// Engines is the program of the engines. It stops its own children when it is told to, so it is
// told rather than killed when we die or are in a hurry.
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

// Program is one of the others, with the engines where they are.
func (s *Stack) Program(name string, engines *Engines) supervisor.Program {
	return supervisor.Program{
		Name: name, Path: s.Path(name), Env: s.environment(name, engines), Patience: 30 * time.Second,
	}
}
