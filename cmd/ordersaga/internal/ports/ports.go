// Package ports assigns the loopback ports of the development stack, and checks that they are free.
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

// Host is the address of everything: other machines cannot reach a development stack.
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

// GRPC returns the name of a service's gRPC port.
func GRPC(service string) string { return service + "-grpc" }

// Admin returns the name of a service's port for health, metrics and profiles.
func Admin(service string) string { return service + "-admin" }

// port is one entry of the table.
type port struct {
	name   string
	number int    // the default, or the offset from base
	base   string // the port from which number is an offset; "" for none
	owner  string // the program that listens
	engine bool   // one of devstack's
}

// The ports of PostgreSQL, RabbitMQ's distribution and epmd differ from their defaults, which
// installed servers may use.
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

// Ports has the number of every port.
type Ports map[string]int

// Address of a port, as host:port.
func (p Ports) Address(name string) string { return Host + ":" + strconv.Itoa(p[name]) }

// URL of a port that speaks HTTP.
func (p Ports) URL(name string) string { return "http://" + p.Address(name) }

// Decide returns the number of every port: the one given by name, else the default plus offset. A
// service's gRPC and admin ports are its REST port plus 1000 and 2000 unless they are given. It
// fails for an unknown name, an invalid number, and two ports with the same number.
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

// Names returns the names of all ports, in the order of the table.
func Names() []string {
	names := make([]string, len(table))
	for i, p := range table {
		names[i] = p.name
	}
	return names
}

// EnvironmentName returns the variable that sets a port: ORDERSAGA_PORT_ORDERS_GRPC.
func EnvironmentName(name string) string {
	return "ORDERSAGA_PORT_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// Asked returns the ports set in the environment, replaced by those of the command line.
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
