package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Program is a program to run.
type Program struct {
	// Name of the engine, in messages and records.
	Name string
	Path string
	Args []string
	// Env is the whole environment: nothing is inherited, such as the user's RABBITMQ_ or PG
	// variables.
	Env []string
	Dir string
	// User to run as; nil is the user of this process.
	User *User
	// Log is the file that gets standard output and error.
	Log string
	// Death is the signal the kernel sends when the devstack itself dies (Linux).
	Death syscall.Signal
	// Records is the folder of the records of running children.
	Records string
}

// Child is a running program.
type Child struct {
	Name string
	Pid  int

	done chan struct{}
	err  error
}

// Start runs the program in its own process group, so that Ctrl-C in the terminal reaches only the
// devstack, which then stops its children.
func Start(program Program) (*Child, error) {
	log, err := OpenLog(program.Log)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", program.Name, err)
	}
	defer log.Close()
	cmd := exec.Command(program.Path, program.Args...)
	cmd.Env = program.Env
	cmd.Dir = program.Dir
	cmd.Stdout = log
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: program.User.credential()}
	setDeathSignal(cmd.SysProcAttr, program.Death)
	if err := startOnKeptThread(cmd); err != nil {
		return nil, fmt.Errorf("starting %s: %w", program.Name, err)
	}
	child := &Child{Name: program.Name, Pid: cmd.Process.Pid, done: make(chan struct{})}
	forget, err := record(program.Records, program.Name, child.Pid)
	if err != nil {
		child.signal(syscall.SIGKILL)
		_ = cmd.Wait()
		return nil, fmt.Errorf("starting %s: %w", program.Name, err)
	}
	go func() {
		child.err = cmd.Wait()
		forget()
		close(child.done)
	}()
	return child, nil
}

// Done is closed when the child has ended.
func (c *Child) Done() <-chan struct{} { return c.done }

// Err is nil when the child ended with exit status 0; only after Done.
func (c *Child) Err() error { return c.err }

// Fate describes how the child ended; only after Done.
func (c *Child) Fate() string {
	if c.err == nil {
		return "exit status 0"
	}
	return c.err.Error()
}

// Step is one attempt to end a child: a signal, and the time to wait for its effect.
type Step struct {
	Signal syscall.Signal
	Grace  time.Duration
}

// Stop ends the child by one step after the other, and last with SIGKILL. When hurry is closed it
// goes to the last step.
func (c *Child) Stop(hurry <-chan struct{}, steps ...Step) {
	for i, step := range steps {
		last := i == len(steps)-1
		if !last && closed(hurry) {
			continue
		}
		c.signal(step.Signal)
		if c.endsWithin(step.Grace, hurry) {
			return
		}
	}
	if c.endsWithin(time.Second, nil) {
		return
	}
	// The whole group, so that no helpers of the child remain.
	_ = syscall.Kill(-c.Pid, syscall.SIGKILL)
	<-c.done
}

func (c *Child) endsWithin(grace time.Duration, hurry <-chan struct{}) bool {
	if closed(hurry) {
		hurry = nil
		grace = min(grace, time.Second)
	}
	select {
	case <-c.done:
		return true
	case <-hurry:
		return false
	case <-time.After(grace):
		return false
	}
}

func (c *Child) signal(signal syscall.Signal) {
	select {
	case <-c.done: // another process may have its id now
	default:
		_ = syscall.Kill(c.Pid, signal)
	}
}

func closed(channel <-chan struct{}) bool {
	select {
	case <-channel:
		return true
	default:
		return false
	}
}

// Await calls ask until it returns no error, the child ends, or ctx ends.
func (c *Child) Await(ctx context.Context, answers func(context.Context) error) error {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	var last error
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		last = answers(attempt)
		cancel()
		if last == nil {
			return nil
		}
		select {
		case <-c.done:
			return fmt.Errorf("%s ended before it answered: %s", c.Name, c.Fate())
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", c.Name, errors.Join(context.Cause(ctx), last))
		case <-ticker.C:
		}
	}
}

// Logs above this size are renamed when the program starts; one older log is kept.
const largestLog = 16 << 20

// OpenLog opens a log to append to.
func OpenLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > largestLog {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("setting aside the log %s: %w", path, err)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	return file, nil
}
