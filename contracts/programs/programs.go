// Package programs lists the programs of Ordersaga with their ports, stores and callees. The
// development stack, the tests, the checks of deploy/ and the release derive from this list; to add
// a program, add an entry.
package programs

import "slices"

// Names. At the issuer of tokens a program that calls others has a client of its own, by default of
// the same name (the setting GRPC_CALLERS).
const (
	Orders    = "orders"
	Catalog   = "catalog"
	Inventory = "inventory"
	Payments  = "payments"
	Worker    = "worker"
	Paysim    = "paysim"
)

// The ports of gRPC and of the admin page are the REST port plus these.
const (
	GRPCOffset  = 1000
	AdminOffset = 2000
)

// Program is a program that is deployed.
type Program struct {
	Name string `json:"name"`
	// Port is the default port: of REST, or the only one of the program.
	Port int `json:"port"`
	// Service has REST, gRPC and an admin page, and a database of its own.
	Service bool `json:"service"`
	// Documents: it keeps a read side in MongoDB.
	Documents bool `json:"documents"`
	// Search: it keeps an index that is searched.
	Search bool `json:"search"`
	// Broker: it publishes or consumes events.
	Broker bool `json:"broker"`
	// Temporal: it is a client of Temporal.
	Temporal bool `json:"temporal"`
	// Calls names the services that it calls over gRPC.
	Calls []string `json:"calls,omitempty"`
	// Source is the folder of its main package.
	Source string `json:"source"`
}

// All programs, in the order in which they are started: callees before callers if possible.
var All = []Program{
	{Name: Paysim, Port: 8084, Source: "cmd/paysim"},
	{Name: Catalog, Port: 8081, Service: true, Documents: true, Search: true, Broker: true, Source: "services/catalog"},
	{Name: Orders, Port: 8080, Service: true, Documents: true, Search: true, Broker: true, Temporal: true, Calls: []string{Catalog}, Source: "services/orders"},
	{Name: Inventory, Port: 8082, Service: true, Broker: true, Calls: []string{Orders}, Source: "services/inventory"},
	{Name: Payments, Port: 8083, Service: true, Calls: []string{Orders}, Source: "services/payments"},
	{Name: Worker, Port: 8090, Temporal: true, Calls: []string{Orders, Inventory, Payments}, Source: "worker"},
}

// Of returns a program by its name, or the zero Program.
func Of(name string) Program {
	i := slices.IndexFunc(All, func(p Program) bool { return p.Name == name })
	if i < 0 {
		return Program{}
	}
	return All[i]
}

// Names returns the names of the programs for which a condition holds, in the order of All.
func Names(of func(Program) bool) (names []string) {
	for _, p := range All {
		if of(p) {
			names = append(names, p.Name)
		}
	}
	return names
}

// Any is the condition that every program meets.
func Any(Program) bool { return true }

// IsService reports whether a program is a service.
func IsService(p Program) bool { return p.Service }

// CallsOthers reports whether a program needs a client at the issuer of tokens.
func CallsOthers(p Program) bool { return len(p.Calls) > 0 }
