// Package ports decides on which loopback port each program of the development stack listens, and
// whether it is free.
package ports

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/ordersaga/ordersaga/contracts/programs"
)

// Host is where everything listens: a development stack is never open to others.
const Host = "127.0.0.1"

// Names of the ports of engines. A program's has its name; those of a service's gRPC and admin are
// GRPC and Admin of its name.
const (
	Issuer           = "issuer"
	Temporal         = "temporal"
	TemporalUI       = "temporal-ui"
	Postgres         = "postgres"
	AMQP             = "amqp"
	AMQPManagement   = "amqp-management"
	AMQPDistribution = "amqp-distribution"
	EPMD             = "epmd"
	MongoDB          = "mongodb"
)

// GRPC is the name of a service's gRPC port.
func GRPC(service string) string { return service + "-grpc" }

// Admin is the name of a service's port for health, metrics and profiles.
func Admin(service string) string { return service + "-admin" }

// port is one entry of the table.
type port struct {
	name   string
	number int    // the default; 0 for a port that follows another
	base   string // follows this port, at the distance of number
	owner  string // the program that listens
	engine bool   // one of devstack's
}

// PostgreSQL, RabbitMQ's distribution and epmd keep away from the numbers that an installed
// PostgreSQL or RabbitMQ of the machine itself already has.
var table = append(ofPrograms(), []port{
	{name: Issuer, number: 8085, owner: "the development token issuer", engine: true},
	{name: Temporal, number: 7233, owner: "the Temporal server", engine: true},
	{name: TemporalUI, number: 8233, owner: "the Temporal Web UI", engine: true},
	{name: Postgres, number: 15432, owner: "PostgreSQL", engine: true},
	{name: AMQP, number: 5672, owner: "RabbitMQ", engine: true},
	{name: AMQPManagement, number: 15672, owner: "RabbitMQ's management page", engine: true},
	{name: AMQPDistribution, number: 25673, owner: "RabbitMQ's distribution", engine: true},
	{name: EPMD, number: 14369, owner: "RabbitMQ's epmd", engine: true},
	{name: MongoDB, number: 27017, owner: "FerretDB (MongoDB)", engine: true},
}...)

func ofPrograms() (entries []port) {
	for _, p := range programs.All {
		entries = append(entries, port{name: p.Name, number: p.Port, owner: p.Name})
		if p.Service {
			entries = append(entries,
				port{name: GRPC(p.Name), base: p.Name, number: programs.GRPCOffset, owner: p.Name},
				port{name: Admin(p.Name), base: p.Name, number: programs.AdminOffset, owner: p.Name})
		}
	}
	return entries
}

// Ports is a number for every name.
type Ports map[string]int

// Address of a port, as host:port.
func (p Ports) Address(name string) string { return Host + ":" + strconv.Itoa(p[name]) }

// URL of a port that speaks HTTP.
func (p Ports) URL(name string) string { return "http://" + p.Address(name) }

// Decide gives every port its number: the one asked for by name, else the default shifted by
// offset. A service's gRPC and admin ports follow its REST port by 1000 and 2000 unless asked for
// themselves. A number asked for is not shifted. Fails on an unknown name, a number that is no
// port, and on two programs that would get the same one.
func Decide(offset int, asked map[string]int) (Ports, error) {
	for name := range asked {
		if !slices.ContainsFunc(table, func(p port) bool { return p.name == name }) {
			return nil, fmt.Errorf("there is no port named %q; the names are %s", name, strings.Join(Names(), ", "))
		}
	}
	decided := Ports{}
	for _, p := range table {
		number, set := asked[p.name]
		switch {
		case set:
		case p.base != "":
			number = decided[p.base] + p.number
		default:
			number = p.number + offset
		}
		if number < 1 || number > 65535 {
			return nil, fmt.Errorf("%s would listen on %d, which is no port: ports are 1 to 65535", p.name, number)
		}
		decided[p.name] = number
	}
	return decided, decided.distinct()
}

func (p Ports) distinct() error {
	owner := map[int]string{}
	for _, entry := range table {
		number := p[entry.name]
		if other, taken := owner[number]; taken {
			return fmt.Errorf("%s and %s would both listen on %d: give one of them another port with --port %s=NUMBER", other, entry.name, number, entry.name)
		}
		owner[number] = entry.name
	}
	return nil
}

// Names of all ports, in the order of the table.
func Names() []string {
	names := make([]string, len(table))
	for i, p := range table {
		names[i] = p.name
	}
	return names
}

// EnvironmentName is the variable that sets a port: ORDERSAGA_PORT_ORDERS_GRPC.
func EnvironmentName(name string) string {
	return "ORDERSAGA_PORT_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// Asked merges the ports set in the environment with those of the command line, which win.
func Asked(flags map[string]int) (map[string]int, error) {
	asked := map[string]int{}
	for _, name := range Names() {
		variable := EnvironmentName(name)
		text := strings.TrimSpace(os.Getenv(variable))
		if text == "" {
			continue
		}
		number, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("%s must be a port number, not %q", variable, text)
		}
		asked[name] = number
	}
	maps.Copy(asked, flags)
	return asked, nil
}
