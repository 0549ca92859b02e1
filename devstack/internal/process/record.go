package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/ordersaga/ordersaga/devstack/internal/atomicfile"
)

// note identifies a process beyond its id, which is reused.
type note struct {
	Pid   int    `json:"pid"`
	Birth string `json:"birth"`
}

func record(folder, name string, pid int) (forget func(), err error) {
	// A child that ended at once needs no record.
	born, err := birth(pid)
	if err != nil {
		return func() {}, nil
	}
	raw, err := json.Marshal(note{Pid: pid, Birth: born})
	if err != nil {
		return nil, fmt.Errorf("recording %s: %w", name, err)
	}
	path := filepath.Join(folder, name+".json")
	if err := atomicfile.Write(path, raw, 0o600); err != nil {
		return nil, fmt.Errorf("recording %s: %w", name, err)
	}
	return func() { _ = os.Remove(path) }, nil
}

// EndLeftover stops the program that a killed devstack left running, and reports whether there was
// one.
func EndLeftover(folder, name string, steps ...Step) (bool, error) {
	path := filepath.Join(folder, name+".json")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for a leftover %s: %w", name, err)
	}
	defer os.Remove(path)
	var left note
	if err := json.Unmarshal(raw, &left); err != nil || left.Pid <= 1 {
		return false, nil // not our record: ours are written atomically
	}
	if !lives(left) {
		return false, nil
	}
	for _, step := range append(steps, Step{syscall.SIGKILL, 10 * time.Second}) {
		_ = syscall.Kill(left.Pid, step.Signal)
		if gone(left, step.Grace) {
			return true, nil
		}
	}
	return true, fmt.Errorf("a leftover %s with process id %d does not end", name, left.Pid)
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
