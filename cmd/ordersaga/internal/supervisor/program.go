// Package supervisor runs programs as child processes: it starts them, restarts those that crash,
// stops them, and leaves none running, even when it is killed itself.
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
	// Orphaned is the signal from the kernel when the supervisor dies (Linux): SIGKILL by default.
	// A program with children needs SIGTERM.
	Orphaned syscall.Signal
	// Hurried is the signal for a quick stop: SIGKILL by default. The program is killed when it has
	// not ended within 10 s.
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

// command returns the process to start. It writes directly to the log file, so that its last
// messages are kept also when the supervisor has died.
func (p Program) command(log *os.File, stdin *os.File) *exec.Cmd {
	cmd := exec.Command(p.Path, p.Args...)
	cmd.Env = p.Env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, log, log
	// A separate process group: Ctrl-C in the terminal reaches only the supervisor, which then
	// stops the children.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr, p.Orphaned)
	return cmd
}

// describe returns how a process ended.
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
