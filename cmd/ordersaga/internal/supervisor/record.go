package supervisor

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// note is the record of a child, for the next start after the supervisor was killed.
type note struct {
	Pid   int    `json:"pid"`
	Birth string `json:"birth"`
	// Patience, in nanoseconds, it has to stop.
	Patience time.Duration `json:"patience"`
	// Told is true when the kernel sends it SIGTERM after the supervisor has died. A second SIGTERM
	// would hurry it.
	Told bool `json:"told,omitempty"`
}

func notePath(runDir, name string) string { return filepath.Join(runDir, name+".pid.json") }

func record(runDir string, program Program, pid int) error {
	born, err := birth(pid)
	if err != nil {
		return nil // it has ended already
	}
	told := deathIsTold && program.Orphaned == syscall.SIGTERM
	raw, err := json.Marshal(note{Pid: pid, Birth: born, Patience: program.Patience, Told: told})
	if err == nil {
		err = writeWhole(notePath(runDir, program.Name), raw)
	}
	if err != nil {
		return fmt.Errorf("record that %s runs as process %d: %w", program.Name, pid, err)
	}
	return nil
}

func forget(runDir, name string) { _ = os.Remove(notePath(runDir, name)) }

// writeWhole writes a file atomically.
func writeWhole(path string, content []byte) error {
	draft := path + ".new"
	if err := os.WriteFile(draft, content, 0o600); err != nil {
		return err
	}
	return os.Rename(draft, path)
}

// EndLeftovers stops the named programs that a killed supervisor left running, in the given order.
// Call it before any Start.
func (s *Supervisor) EndLeftovers(names ...string) error {
	for _, name := range names {
		if err := s.endLeftover(name); err != nil {
			return err
		}
	}
	return nil
}

func (s *Supervisor) endLeftover(name string) error {
	path := notePath(s.runDir, name)
	raw, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a leftover %s: %w", name, err)
	}
	defer os.Remove(path)
	var left note
	if err := json.Unmarshal(raw, &left); err != nil || left.Pid <= 1 || !lives(left) {
		return nil
	}
	s.say("%s of an earlier start still runs (process %d): it is stopped", name, left.Pid)
	if !left.Told {
		_ = syscall.Kill(left.Pid, syscall.SIGTERM)
	}
	if gone(left, left.Patience) {
		return nil
	}
	_ = syscall.Kill(left.Pid, syscall.SIGKILL)
	if gone(left, 10*time.Second) {
		return nil
	}
	return fmt.Errorf("%s of an earlier start (process %d) does not end", name, left.Pid)
}

func lives(left note) bool {
	born, err := birth(left.Pid)
	return err == nil && born == left.Birth
}

func gone(left note, within time.Duration) bool {
	deadline := time.Now().Add(within)
	for lives(left) {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(20 * time.Millisecond) // it is not our child, so we cannot wait for it
	}
	return true
}

// takeLock holds the file's lock until it is closed or the process ends. Children do not inherit
// Go's files, so they do not hold it.
func takeLock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(path)
		file.Close()
		if err == syscall.EWOULDBLOCK {
			return nil, fmt.Errorf("another `ordersaga dev` (process %s) runs on this folder: stop it, or choose another folder with --dir", strings.TrimSpace(string(holder)))
		}
		return nil, fmt.Errorf("take the lock %s: %w", path, err)
	}
	err = file.Truncate(0)
	if err == nil {
		_, err = fmt.Fprintln(file, os.Getpid())
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("write the lock %s: %w", path, err)
	}
	return file, nil
}
