package config

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/ordersaga/ordersaga/devstack/internal/freeport"
)

// Ports the engines listen on; 0 means a free one, chosen at the start.
type Ports struct {
	Postgres         int `json:"postgres"`
	AMQP             int `json:"amqp"`
	AMQPManagement   int `json:"amqp_management"`
	AMQPDistribution int `json:"amqp_distribution"`
	EPMD             int `json:"epmd"`
	MongoDB          int `json:"mongodb"`
	Temporal         int `json:"temporal"`
	// TemporalHTTP serves Temporal's HTTP API; without this setting there is none.
	TemporalHTTP *int `json:"temporal_http"`
	TemporalUI   int  `json:"temporal_ui"`
	OIDC         int  `json:"oidc"`
}

func defaultPorts() Ports {
	return Ports{
		Postgres: 5433, AMQP: 5672, AMQPManagement: 15672, AMQPDistribution: 25672, EPMD: 14369,
		MongoDB: 27017, Temporal: 7233, TemporalUI: 8233, OIDC: 8085,
	}
}

type port struct {
	engine  string
	setting string
	number  *int
	host    string
}

// of lists the ports that the engines of the configuration need.
func (p *Ports) of(c *Config) []port {
	all := []port{
		{Postgres, "postgres", &p.Postgres, c.Host},
		{RabbitMQ, "amqp", &p.AMQP, c.Host},
		{RabbitMQ, "amqp_management", &p.AMQPManagement, c.Host},
		// Only RabbitMQ itself uses these two, on loopback.
		{RabbitMQ, "amqp_distribution", &p.AMQPDistribution, "127.0.0.1"},
		{RabbitMQ, "epmd", &p.EPMD, "127.0.0.1"},
		{MongoDB, "mongodb", &p.MongoDB, c.Host},
		{Temporal, "temporal", &p.Temporal, c.Host},
		{Temporal, "temporal_ui", &p.TemporalUI, c.Host},
		{OIDC, "oidc", &p.OIDC, c.Host},
	}
	if p.TemporalHTTP != nil {
		all = append(all, port{Temporal, "temporal_http", p.TemporalHTTP, c.Host})
	}
	needed := all[:0]
	for _, candidate := range all {
		if c.Runs(candidate.engine) {
			needed = append(needed, candidate)
		}
	}
	return needed
}

func (p *Ports) check(c *Config) error {
	owner := map[int]string{}
	for _, port := range p.of(c) {
		number := *port.number
		if number < 0 || number > 65535 {
			return fmt.Errorf("ports.%s: %d is no port", port.setting, number)
		}
		if other, taken := owner[number]; taken && number != 0 {
			return fmt.Errorf("ports.%s and ports.%s are both %d", other, port.setting, number)
		}
		owner[number] = port.setting
	}
	return nil
}

// Claim chooses a free port for each 0, and fails with one line for each port that is in use.
func (c *Config) Claim() error {
	// All listeners are closed together, so that no two ports are the same.
	var held []net.Listener
	defer func() {
		for _, listener := range held {
			listener.Close()
		}
	}()
	var faults []error
	for _, port := range c.Ports.of(c) {
		listener, err := port.listen()
		if err != nil {
			faults = append(faults, portFault(port, err))
			continue
		}
		held = append(held, listener)
		*port.number = listener.Addr().(*net.TCPAddr).Port
	}
	return errors.Join(faults...)
}

func (p port) listen() (net.Listener, error) {
	if *p.number == 0 {
		return freeport.Listen(p.host)
	}
	return net.Listen("tcp", net.JoinHostPort(p.host, strconv.Itoa(*p.number)))
}

func portFault(port port, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s: port %d on %s is in use by another program (setting ports.%s)", port.engine, *port.number, port.host, port.setting)
	}
	return fmt.Errorf("%s: port %d on %s cannot be used (setting ports.%s): %w", port.engine, *port.number, port.host, port.setting, err)
}
