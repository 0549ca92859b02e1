package supervisor

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	firstPause = 200 * time.Millisecond
	longest    = 10 * time.Second
	// settled is how long a process must have been up for its next crash to be the first one again.
	settled = 30 * time.Second
	// hurried bounds the wait for a process that was asked to hurry.
	hurried = 10 * time.Second
)

// Child is one program, kept running.
type Child struct {
	supervisor *Supervisor
	program    Program
	quit       chan struct{} // closed when it shall end
	done       chan struct{} // closed when it has ended for good

	mu      sync.Mutex
	cmd     *exec.Cmd
	since   time.Time
	logged  int64 // bytes in the log when it started
	crashes int
	failure error
}

// Name of the program.
func (c *Child) Name() string { return c.program.Name }

// Pid of the process that runs now or ran last.
func (c *Child) Pid() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cmd.Process.Pid
}

// Crashes is how often the process ended by itself, and how it did the last time.
func (c *Child) Crashes() (count int, last error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.crashes, c.failure
}

// start runs one process of the program, unless the child shall end.
func (c *Child) start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.quit:
		return nil
	default:
	}
	log, err := openLog(c.supervisor.LogFile(c.program.Name))
	if err != nil {
		return err
	}
	defer log.Close() // the process has its own
	if info, err := log.Stat(); err == nil {
		c.logged = info.Size()
	}
	cmd := c.program.command(log, c.supervisor.lifeline)
	if err := spawn(cmd); err != nil {
		return fmt.Errorf("start %s: %w", c.program.Name, err)
	}
	c.cmd, c.since = cmd, time.Now()
	if err := record(c.supervisor.runDir, c.program, cmd.Process.Pid); err != nil {
		c.supervisor.say("%v", err) // it runs; only a killed supervisor would miss the record
	}
	return nil
}

// keep waits for the process and starts another one when it ended by itself.
func (c *Child) keep() {
	defer close(c.done)
	defer forget(c.supervisor.runDir, c.program.Name)
	pause := firstPause
	for {
		_ = c.cmd.Wait() // its state says more than the error
		if c.quitting() {
			return
		}
		if time.Since(c.since) >= settled {
			pause = firstPause
		}
		if !held(c.supervisor.runDir, c.program.Name) {
			c.crashed(pause)
		}
		for {
			select {
			case <-c.quit:
				return
			case <-time.After(pause):
			}
			if c.waitWhileHeld() {
				pause = firstPause
			}
			pause = min(2*pause, longest)
			err := c.start()
			if err == nil {
				break
			}
			c.supervisor.say("%v; once more in %s", err, pause)
		}
	}
}

func (c *Child) crashed(pause time.Duration) {
	c.mu.Lock()
	words := lastWords(c.supervisor.LogFile(c.program.Name), c.logged)
	if killed(c.cmd.ProcessState) {
		words = "" // it was not given the time for any
	}
	c.crashes++
	c.failure = fmt.Errorf("%s %s%s", c.program.Name, describe(c.cmd.ProcessState), words)
	c.mu.Unlock()
	c.supervisor.say("%v; it is started again in %s", c.failure, pause)
}

func (c *Child) quitting() bool {
	select {
	case <-c.quit:
		return true
	default:
		return false
	}
}

// Stop ends the process and the keeping of it. It returns when the process is gone.
func (c *Child) Stop(hurry <-chan struct{}) {
	c.mu.Lock()
	if !c.quitting() {
		close(c.quit)
	}
	var process *os.Process
	if c.cmd != nil {
		process = c.cmd.Process
	}
	c.mu.Unlock()
	if process == nil {
		return
	}
	_ = process.Signal(syscall.SIGTERM) // one that has ended needs none
	select {
	case <-c.done:
		return
	case <-hurry:
		_ = process.Signal(c.program.Hurried)
		select {
		case <-c.done:
			return
		case <-time.After(hurried):
		}
	case <-time.After(c.program.Patience):
	}
	c.supervisor.say("%s does not stop: it is killed", c.program.Name)
	_ = process.Kill()
	<-c.done
}
