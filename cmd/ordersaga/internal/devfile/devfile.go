// Package devfile reads and writes dev.json of a development stack: its addresses, and the secrets
// made at its first start. The commands find the addresses there.
package devfile

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

// File is dev.json. It holds secrets and is readable by its owner only.
type File struct {
	// URLs by name: orders, catalog, inventory, payments, paysim, issuer, temporal-ui,
	// amqp-management.
	URLs map[string]string `json:"urls"`
	// Ports of the last start.
	Ports ports.Ports `json:"ports"`
	// Clients maps each process to the secret with which it gets its own tokens.
	Clients map[string]string `json:"clients"`
	// PaysimKey is the API key of paysim.
	PaysimKey string `json:"paysim_key"`
	// DemoLoaded is true after the demo products were loaded.
	DemoLoaded bool `json:"demo_loaded"`
}

// Path of the file in a stack's folder.
func Path(dir string) string { return filepath.Join(dir, "dev.json") }

// Load reads the file. If it does not exist it returns an empty File and fs.ErrNotExist.
func Load(dir string) (*File, error) {
	raw, err := os.ReadFile(Path(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return &File{}, fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", Path(dir), err)
	}
	var file File
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("read %s: %w", Path(dir), err)
	}
	return &file, nil
}

// Save writes the file atomically.
func (f *File) Save(dir string) error {
	raw, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", Path(dir), err)
	}
	draft := Path(dir) + ".new"
	if err := os.WriteFile(draft, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", Path(dir), err)
	}
	if err := os.Rename(draft, Path(dir)); err != nil {
		return fmt.Errorf("write %s: %w", Path(dir), err)
	}
	return nil
}

// Complete makes the missing secrets of the named processes.
func (f *File) Complete(processes []string) {
	if f.Clients == nil {
		f.Clients = map[string]string{}
	}
	for _, name := range processes {
		if f.Clients[name] == "" {
			f.Clients[name] = rand.Text()
		}
	}
	if f.PaysimKey == "" {
		f.PaysimKey = rand.Text()
	}
}

// Locate sets the addresses.
func (f *File) Locate(decided ports.Ports) {
	f.Ports = decided
	f.URLs = map[string]string{}
	for _, name := range append(programs.Names(programs.IsService), programs.Paysim, ports.Issuer, ports.TemporalUI, ports.AMQPManagement) {
		f.URLs[name] = decided.URL(name)
	}
}
