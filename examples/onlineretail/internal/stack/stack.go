// Package stack finds the services: in dev.json of the development stack, else on the ports of
// `make run`.
package stack

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// URLs of the services that the replay calls.
type URLs struct {
	Orders    string `json:"orders"`
	Catalog   string `json:"catalog"`
	Inventory string `json:"inventory"`
	Issuer    string `json:"issuer"`
}

var defaults = URLs{
	Orders:    "http://127.0.0.1:8080",
	Catalog:   "http://127.0.0.1:8081",
	Inventory: "http://127.0.0.1:8082",
	Issuer:    "http://127.0.0.1:8085",
}

// folder of a development stack, and the file in it that has its addresses.
const (
	folder = ".ordersaga"
	file   = "dev.json"
)

// Find completes the given URLs. Without a named folder it looks for the stack's folder here and in
// the folders above.
func Find(given URLs, dir string) (URLs, error) {
	found, err := written(dir)
	if err != nil {
		return URLs{}, err
	}
	return URLs{
		Orders:    strings.TrimRight(cmp.Or(given.Orders, found.Orders, defaults.Orders), "/"),
		Catalog:   strings.TrimRight(cmp.Or(given.Catalog, found.Catalog, defaults.Catalog), "/"),
		Inventory: strings.TrimRight(cmp.Or(given.Inventory, found.Inventory, defaults.Inventory), "/"),
		Issuer:    strings.TrimRight(cmp.Or(given.Issuer, found.Issuer, defaults.Issuer), "/"),
	}, nil
}

func written(dir string) (URLs, error) {
	path := filepath.Join(dir, file)
	if dir == "" {
		var err error
		if path, err = above(); path == "" || err != nil {
			return URLs{}, err
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return URLs{}, fmt.Errorf("find the development stack: %w", err)
	}
	var content struct {
		URLs URLs `json:"urls"`
	}
	if err := json.Unmarshal(raw, &content); err != nil {
		return URLs{}, fmt.Errorf("read %s: %w", path, err)
	}
	return content.URLs, nil
}

// above returns the nearest dev.json in this folder or one above, or "".
func above() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("look for %s: %w", folder, err)
	}
	for {
		path := filepath.Join(at, folder, file)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("look for %s: %w", folder, err)
		}
		parent := filepath.Dir(at)
		if parent == at {
			return "", nil
		}
		at = parent
	}
}
