// Package supervisor runs programs as child processes: starts them, restarts those that crash,
// stops them in order, and leaves none behind, not even when it is killed itself.
package supervisor

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Program is what a child process runs.
type Program struct {
	Name string
	Path string
	Args []string
	// Env is the whole environment, as NAME=value.
	Env []string
	// Patience is how long it may take to stop after SIGTERM.
	Patience time.Duration
	// Orphaned is what the kernel sends it when the supervisor dies (Linux): SIGKILL by default. A
	// program with children of its own wants SIGTERM.
	Orphaned syscall.Signal
	// Hurried is what it is sent when stopping has to be quick: SIGKILL by default. It is killed
	// anyway when that does not help within 10 s.
	Hurried syscall.Signal
}

func (p Program) withDefaults() Program {
	if p.Orphaned == 0 {
		p.Orphaned = syscall.SIGKILL
	}
	if p.Hurried == 0 {
		p.Hurried = syscall.SIGKILL
	}
	if p.Patience == 0 {
		p.Patience = 30 * time.Second
	}
	return p
}

// command is the process to start. It writes its log by itself, into the file: what it says last is
// there even when the supervisor is gone.
func (p Program) command(log *os.File, stdin *os.File) *exec.Cmd {
	cmd := exec.Command(p.Path, p.Args...)
	cmd.Env = p.Env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, log, log
	// A group of its own: Ctrl-C at the terminal reaches the supervisor alone, which then stops the
	// children in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr, p.Orphaned)
	return cmd
}

// describe says how a process ended.
func describe(state *os.ProcessState) string {
	if state == nil {
		return "could not be waited for"
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return "was ended by signal " + signalName(status.Signal())
	}
	return fmt.Sprintf("exited with code %d", state.ExitCode())
}

func killed(state *os.ProcessState) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

func signalName(signal syscall.Signal) string {
	switch signal {
	case syscall.SIGKILL:
		return "SIGKILL"
	case syscall.SIGTERM:
		return "SIGTERM"
	case syscall.SIGSEGV:
		return "SIGSEGV"
	case syscall.SIGABRT:
		return "SIGABRT"
	default:
		return signal.String()
	}
}
