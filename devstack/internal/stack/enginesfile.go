package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ordersaga/ordersaga/devstack/internal/atomicfile"
)

// engines is the content of engines.json: the addresses of the running engines, with passwords.
type engines struct {
	Postgres  *postgresAddress  `json:"postgres,omitempty"`
	Databases map[string]string `json:"databases,omitempty"`
	AMQP      *amqpAddress      `json:"amqp,omitempty"`
	MongoDB   *mongoAddress     `json:"mongodb,omitempty"`
	Temporal  *temporalAddress  `json:"temporal,omitempty"`
	OIDC      *oidcAddress      `json:"oidc,omitempty"`
	// Pids of the engines that are separate processes; updated when one is restarted.
	Pids map[string]int `json:"pids,omitempty"`
}

type postgresAddress struct {
	// URL of the superuser.
	URL string `json:"url"`
}

type amqpAddress struct {
	URL           string `json:"url"`
	ManagementURL string `json:"management_url"`
}

type mongoAddress struct {
	URL string `json:"url"`
}

type temporalAddress struct {
	Address     string `json:"address"`
	Namespace   string `json:"namespace"`
	HTTPAddress string `json:"http_address,omitempty"`
	UIURL       string `json:"ui_url"`
}

type oidcAddress struct {
	Issuer string `json:"issuer"`
}

func (e *engines) write(path string) error {
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
