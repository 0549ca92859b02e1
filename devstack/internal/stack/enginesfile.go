package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ordersaga/ordersaga/devstack/internal/atomicfile"
)

// engines is the content of engines.json: by engine the addresses of those that run, with passwords,
// and the process ids of those that are separate processes.
type engines map[string]any

type addresses map[string]string

func (e engines) write(path string) error {
	raw, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("describing the engines: %w", err)
	}
	return atomicfile.Write(path, append(raw, '\n'), 0o600)
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing %s: %w", path, err)
	}
	return nil
}
