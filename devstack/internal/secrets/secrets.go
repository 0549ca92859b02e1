// Package secrets stores the random passwords of the engines, which are made once.
package secrets

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/ordersaga/ordersaga/devstack/internal/atomicfile"
)

// Store is a file of secrets that only its owner can read.
type Store struct {
	path string

	mu     sync.Mutex
	values map[string]string
}

// Open reads the file, or starts with an empty one.
func Open(path string) (*Store, error) {
	store := &Store{path: path, values: map[string]string{}}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return store, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the secrets: %w", err)
	}
	if err := json.Unmarshal(raw, &store.values); err != nil {
		// The text of the error could quote a secret.
		return nil, fmt.Errorf("reading the secrets: %s is no JSON object of strings", path)
	}
	return store, nil
}

// Get returns the secret of a name: 128 random bits in hexadecimal, written to disk before its
// first use. It has only letters and digits, so it needs no escaping in a URL or a configuration
// file.
func (s *Store) Get(name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value, known := s.values[name]; known {
		return value, nil
	}
	random := make([]byte, 16)
	rand.Read(random)
	s.values[name] = hex.EncodeToString(random)
	raw, err := json.MarshalIndent(s.values, "", "  ")
	if err != nil {
		return "", fmt.Errorf("keeping the secret of %s: %w", name, err)
	}
	if err := atomicfile.Write(s.path, raw, 0o600); err != nil {
		return "", fmt.Errorf("keeping the secret of %s: %w", name, err)
	}
	return s.values[name], nil
}
