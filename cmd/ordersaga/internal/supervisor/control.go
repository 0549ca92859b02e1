package supervisor

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Other processes act on a supervisor's programs through its folder: records have the programs'
// process ids, and a file next to a record keeps its program stopped.

// ErrNotRunning means that no supervisor runs on the folder.
var ErrNotRunning = errors.New("nothing runs there")

// ErrDown means that the program has no process at the moment.
var ErrDown = errors.New("it is not running")

// Running returns nil when a supervisor runs on the folder, else ErrNotRunning.
func Running(dir string) error {
	file, err := os.Open(filepath.Join(dir, "run", "lock"))
	if errors.Is(err, os.ErrNotExist) {
		return ErrNotRunning
	}
	if err != nil {
		return fmt.Errorf("look whether a supervisor runs: %w", err)
	}
	defer file.Close()
	if syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return ErrNotRunning
	}
	return nil
}

// Kill ends the process of a program at once, as a crash does, and returns its id. Its supervisor
// restarts it. The record is a file of a supervisor or of devstack; another process that has the
// recorded id is not killed (ErrDown).
func Kill(record string) (pid int, err error) {
	left, err := readNote(record)
	if err != nil {
		return 0, err
	}
	if err := syscall.Kill(left.Pid, syscall.SIGKILL); err != nil {
		return 0, fmt.Errorf("kill process %d: %w", left.Pid, err)
	}
	return left.Pid, nil
}

// Record returns the path of a program's record.
func Record(dir, name string) string { return notePath(filepath.Join(dir, "run"), name) }

// Hold stops a program and keeps it stopped until Release or the supervisor's next start. It
// returns when the program has stopped: after SIGTERM and its patience it is killed.
func Hold(dir, name string) error {
	file := holdPath(filepath.Join(dir, "run"), name)
	if !held(filepath.Join(dir, "run"), name) {
		if err := writeWhole(file, []byte(holdAsked)); err != nil {
			return fmt.Errorf("keep %s down: %w", name, err)
		}
	}
	told, patience := 0, time.Time{}
	for deadline := time.Now().Add(holdPatience); ; {
		if state, err := os.ReadFile(file); err != nil || string(state) == holdDone {
			return err
		}
		switch left, err := readNote(Record(dir, name)); {
		case errors.Is(err, ErrDown): // between two starts: the supervisor checks the file before the next one
		case err != nil:
			return err
		case left.Pid != told:
			_ = syscall.Kill(left.Pid, syscall.SIGTERM)
			told, patience = left.Pid, time.Now().Add(left.Patience)
		case time.Now().After(patience):
			_ = syscall.Kill(left.Pid, syscall.SIGKILL)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s does not come down within %s", name, holdPatience)
		}
		time.Sleep(askHeld) // it is not our child, so we cannot wait for it
	}
}

// Release lets a held program run again; it returns false when the program is not held.
func Release(dir, name string) (held bool, err error) {
	err = os.Remove(holdPath(filepath.Join(dir, "run"), name))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("let %s run again: %w", name, err)
	}
	return true, nil
}

func readNote(path string) (note, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return note{}, ErrDown
	}
	if err != nil {
		return note{}, fmt.Errorf("look for the process: %w", err)
	}
	var left note
	if err := json.Unmarshal(raw, &left); err != nil || left.Pid <= 1 {
		return note{}, fmt.Errorf("look for the process: %s is no record of one", path)
	}
	if !lives(left) {
		return note{}, ErrDown
	}
	return left, nil
}

const holdSuffix = ".hold"

func holdPath(runDir, name string) string { return filepath.Join(runDir, name+holdSuffix) }

func held(runDir, name string) bool {
	_, err := os.Stat(holdPath(runDir, name))
	return err == nil
}

// releaseAll removes all holds: a start starts everything.
func releaseAll(runDir string) error {
	files, err := filepath.Glob(filepath.Join(escapeGlob(runDir), "*"+holdSuffix))
	for _, file := range files {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

const (
	// Contents of a hold file: written by Hold, then by the supervisor.
	holdAsked = "stop\n"
	holdDone  = "down\n"
	// askHeld is the interval at which files are checked.
	askHeld = 50 * time.Millisecond
	// holdPatience is longer than the patience of every program.
	holdPatience = 2 * time.Minute
)

// waitWhileHeld returns when the program may run or quit is closed, and reports whether it waited.
// It is called while the program has no process.
func (c *Child) waitWhileHeld() (waited bool) {
	if !held(c.supervisor.runDir, c.program.Name) {
		return false
	}
	forget(c.supervisor.runDir, c.program.Name)
	if err := writeWhole(holdPath(c.supervisor.runDir, c.program.Name), []byte(holdDone)); err != nil {
		c.supervisor.say("%v", err)
	}
	c.supervisor.say("%s is stopped until `ordersaga start %s`", c.program.Name, c.program.Name)
	ask := time.NewTicker(askHeld)
	defer ask.Stop()
	for held(c.supervisor.runDir, c.program.Name) {
		select {
		case <-c.quit:
			return true
		case <-ask.C:
		}
	}
	c.supervisor.say("%s is started again", c.program.Name)
	return true
}
