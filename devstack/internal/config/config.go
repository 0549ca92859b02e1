// Package config reads the configuration of a devstack: its data folder, the ports of its engines,
// and their contents.
package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The engines a devstack can run.
const (
	Postgres = "postgres"
	RabbitMQ = "rabbitmq"
	MongoDB  = "mongodb"
	Temporal = "temporal"
	OIDC     = "oidc"
)

var allEngines = []string{Postgres, RabbitMQ, MongoDB, Temporal, OIDC}

// Config is the configuration of one devstack. Load sets the defaults.
type Config struct {
	// Dir holds everything of this devstack; absolute after Load.
	Dir string `json:"dir"`
	// Host is the address every engine listens on; 127.0.0.1 by default.
	Host string `json:"host"`
	// Ports the engines listen on.
	Ports Ports `json:"ports"`
	// Databases names the databases to create; each gets a role of the same name that owns only it.
	Databases []string       `json:"databases"`
	Temporal  TemporalConfig `json:"temporal"`
	OIDC      OIDCConfig     `json:"oidc"`
	// Engines to run; all of them when empty.
	Engines []string `json:"engines"`
}

// TemporalConfig is the namespace of the Temporal server, made before it is ready.
type TemporalConfig struct {
	Namespace string `json:"namespace"`
	// Retention of closed workflows, at least one hour: "168h".
	Retention Duration `json:"retention"`
	// SearchAttributes maps a name to its type: Keyword, KeywordList, Text, Int, Double, Bool or
	// Datetime.
	SearchAttributes map[string]string `json:"search_attributes"`
}

// OIDCConfig is the configuration of the development issuer.
type OIDCConfig struct {
	// Audience of every access token.
	Audience string   `json:"audience"`
	Clients  []Client `json:"clients"`
}

// Client may get tokens by the client credentials grant.
type Client struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
	// Scope is the space separated list of scopes that the client may request.
	Scope string `json:"scope"`
}

// Duration is a time.Duration written as Go writes it: "168h".
type Duration time.Duration

// UnmarshalText reads a duration such as "90m".
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no duration such as \"168h\"", text)
	}
	*d = Duration(parsed)
	return nil
}

// Load reads and checks the file. Its errors have one line and name the invalid setting.
func Load(path string) (*Config, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	cfg, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %w", path, err)
	}
	return cfg, nil
}

func parse(raw []byte) (*Config, error) {
	cfg := defaults()
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(cfg); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after the closing brace")
	}
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	return cfg, nil
}

func defaults() *Config {
	return &Config{
		Host:     "127.0.0.1",
		Ports:    defaultPorts(),
		Temporal: TemporalConfig{Namespace: "default", Retention: Duration(7 * 24 * time.Hour)},
		OIDC:     OIDCConfig{Audience: "ordersaga"},
	}
}

func (c *Config) complete() error {
	if c.Dir == "" {
		return errors.New(`"dir" is missing: the folder that holds the data of the engines`)
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return fmt.Errorf("dir %q: %w", c.Dir, err)
	}
	c.Dir = dir
	if net.ParseIP(c.Host) == nil {
		return fmt.Errorf("host %q is no IP address", c.Host)
	}
	if len(c.Engines) == 0 {
		c.Engines = allEngines
	}
	return errors.Join(c.checkEngines(), c.Ports.check(c), c.checkDatabases(), c.checkTemporal(), c.checkClients())
}

// Runs reports whether the devstack runs an engine.
func (c *Config) Runs(engine string) bool { return slices.Contains(c.Engines, engine) }

// Loopback reports whether only this machine can reach the engines.
func (c *Config) Loopback() bool { return net.ParseIP(c.Host).IsLoopback() }

// ConnectHost is the address a client on this machine uses.
func (c *Config) ConnectHost() string {
	if ip := net.ParseIP(c.Host); ip.IsUnspecified() {
		if ip.To4() == nil {
			return "::1"
		}
		return "127.0.0.1"
	}
	return c.Host
}

func (c *Config) checkEngines() error {
	for _, engine := range c.Engines {
		if !slices.Contains(allEngines, engine) {
			return fmt.Errorf("engines: %q is none of %s", engine, strings.Join(allEngines, ", "))
		}
	}
	for _, engine := range []string{MongoDB, Temporal} {
		if c.Runs(engine) && !c.Runs(Postgres) {
			return fmt.Errorf("engines: %q keeps its data in %q, which is not in the list", engine, Postgres)
		}
	}
	return nil
}

var (
	databaseName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	// The engines' own databases and roles.
	reservedNames = []string{"postgres", "template0", "template1", "ordersaga", "temporal", "temporal_visibility", "ferretdb"}
)

func (c *Config) checkDatabases() error {
	seen := map[string]bool{}
	for _, name := range c.Databases {
		switch {
		case !databaseName.MatchString(name):
			return fmt.Errorf("databases: %q is no name of lower case letters, digits and _, starting with a letter, of at most 63", name)
		case slices.Contains(reservedNames, name) || strings.HasPrefix(name, "pg_"):
			return fmt.Errorf("databases: %q is reserved", name)
		case seen[name]:
			return fmt.Errorf("databases: %q is listed twice", name)
		}
		seen[name] = true
	}
	return nil
}

var searchAttributeTypes = []string{"Keyword", "KeywordList", "Text", "Int", "Double", "Bool", "Datetime"}

func (c *Config) checkTemporal() error {
	if c.Temporal.Namespace == "" {
		return errors.New("temporal.namespace is empty")
	}
	if time.Duration(c.Temporal.Retention) < time.Hour {
		return fmt.Errorf("temporal.retention %s is below one hour", time.Duration(c.Temporal.Retention))
	}
	for name, kind := range c.Temporal.SearchAttributes {
		if !slices.Contains(searchAttributeTypes, kind) {
			return fmt.Errorf("temporal.search_attributes: %s has type %q, which is none of %s", name, kind, strings.Join(searchAttributeTypes, ", "))
		}
	}
	return nil
}

func (c *Config) checkClients() error {
	if c.OIDC.Audience == "" {
		return errors.New("oidc.audience is empty")
	}
	seen := map[string]bool{}
	for i, client := range c.OIDC.Clients {
		switch {
		case client.ID == "":
			return fmt.Errorf("oidc.clients[%d] has no id", i)
		case client.Secret == "":
			return fmt.Errorf("oidc.clients: %q has no secret", client.ID)
		case seen[client.ID]:
			return fmt.Errorf("oidc.clients: %q is listed twice", client.ID)
		}
		seen[client.ID] = true
	}
	return nil
}
