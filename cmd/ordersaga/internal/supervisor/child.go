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
	// settled is how long a process must have run for the pauses to start again.
	settled = 30 * time.Second
	// hurried bounds the wait for a process that got the signal Hurried.
	hurried = 10 * time.Second
)

// Child is one program, kept running.
type Child struct {
	supervisor *Supervisor
	program    Program
	quit       chan struct{} // closed to end it
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

// Crashes returns how often the process ended by itself, and its last error.
func (c *Child) Crashes() (count int, last error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.crashes, c.failure
}

// start starts a process of the program, unless quit is closed.
func (c *Child) start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quitting() {
		return nil
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
		c.supervisor.say("%v", err) // the process runs; only the next start after a kill needs the record
	}
	return nil
}

// keep waits for the process and restarts it when it ended by itself.
func (c *Child) keep() {
	defer close(c.done)
	defer forget(c.supervisor.runDir, c.program.Name)
	pause := firstPause
	for {
		_ = c.cmd.Wait() // ProcessState has more than the error
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
			c.supervisor.say("%v; next try in %s", err, pause)
		}
	}
}

func (c *Child) crashed(pause time.Duration) {
	c.mu.Lock()
	words := lastWords(c.supervisor.LogFile(c.program.Name), c.logged)
	if killed(c.cmd.ProcessState) {
		words = "" // it had no time to log
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

// Stop ends the process and does not restart it. It returns when the process has ended.
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
	_ = process.Signal(syscall.SIGTERM) // it may have ended
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
