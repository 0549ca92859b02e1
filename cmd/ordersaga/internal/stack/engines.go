package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

const (
	namespace = "ordersaga"
	audience  = "ordersaga"
	// serviceScope is the scope of the programs' tokens.
	serviceScope = "ordersaga.service"
)

// Engines has the addresses that devstack writes when all engines are ready.
type Engines struct {
	Postgres struct {
		URL string `json:"url"` // of the superuser
	} `json:"postgres"`
	Databases map[string]string `json:"databases"`
	AMQP      struct {
		URL string `json:"url"`
	} `json:"amqp"`
	MongoDB struct {
		URL string `json:"url"`
	} `json:"mongodb"`
	Temporal struct {
		Address   string `json:"address"`
		Namespace string `json:"namespace"`
	} `json:"temporal"`
	OIDC struct {
		Issuer string `json:"issuer"`
	} `json:"oidc"`
	// Pids are the process ids of the engines that run as processes of their own.
	Pids map[string]int `json:"pids"`
}

func (s *Stack) devstackDir() string { return filepath.Join(s.Dir, Devstack) }
func (s *Stack) configFile() string  { return filepath.Join(s.Dir, "devstack.json") }
func (s *Stack) enginesFile() string { return filepath.Join(s.devstackDir(), "engines.json") }

// ForgetEngines removes the engines file of an earlier devstack, so that only the new one is read.
func (s *Stack) ForgetEngines() error {
	if err := os.Remove(s.enginesFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the engines file of an earlier start: %w", err)
	}
	return nil
}

// ReadEngines fails with fs.ErrNotExist until the engines are ready.
func (s *Stack) ReadEngines() (*Engines, error) {
	raw, err := os.ReadFile(s.enginesFile())
	if err != nil {
		return nil, err
	}
	var engines Engines
	if err := json.Unmarshal(raw, &engines); err != nil {
		return nil, fmt.Errorf("read %s: %w", s.enginesFile(), err)
	}
	for _, name := range programs.Names(programs.IsService) {
		if engines.Databases[name] == "" {
			return nil, fmt.Errorf("%s names no database for %s", s.enginesFile(), name)
		}
	}
	return &engines, nil
}

// WriteConfig writes devstack's configuration.
func (s *Stack) WriteConfig() error {
	raw, err := json.MarshalIndent(s.config(), "", "  ")
	if err != nil {
		return fmt.Errorf("describe the engines: %w", err)
	}
	draft := s.configFile() + ".new"
	if err := os.WriteFile(draft, raw, 0o600); err != nil {
		return fmt.Errorf("write the configuration of devstack: %w", err)
	}
	if err := os.Rename(draft, s.configFile()); err != nil {
		return fmt.Errorf("write the configuration of devstack: %w", err)
	}
	return nil
}

func (s *Stack) config() map[string]any {
	clients := []map[string]string{}
	for _, name := range withTokens() {
		clients = append(clients, map[string]string{"id": name, "secret": s.File.Clients[name], "scope": serviceScope})
	}
	return map[string]any{
		"dir":  s.devstackDir(),
		"host": ports.Host,
		"ports": map[string]int{
			"postgres":          s.Ports[ports.Postgres],
			"amqp":              s.Ports[ports.AMQP],
			"amqp_management":   s.Ports[ports.AMQPManagement],
			"amqp_distribution": s.Ports[ports.AMQPDistribution],
			"epmd":              s.Ports[ports.EPMD],
			"mongodb":           s.Ports[ports.MongoDB],
			"temporal":          s.Ports[ports.Temporal],
			"temporal_ui":       s.Ports[ports.TemporalUI],
			"oidc":              s.Ports[ports.Issuer],
		},
		"databases": programs.Names(programs.IsService),
		"temporal": map[string]any{
			"namespace": namespace,
			"retention": "168h",
			"search_attributes": map[string]string{
				"OrderStatus": "Keyword", "SagaState": "Keyword", "CustomerId": "Keyword",
			},
		},
		"oidc": map[string]any{"audience": audience, "clients": clients},
	}
}
