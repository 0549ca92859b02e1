package stack

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

// ours reports whether the stack sets a variable. The user's values may be for another system (a
// PGHOST, a TEMPORAL_API_KEY of production) and must not reach the programs. Other variables are
// passed: OTEL_*, LOG_LEVEL, PRICING_* …
func ours(name string) bool {
	for _, prefix := range []string{"PG", "TEMPORAL_", "OIDC_", "ORDERSAGA_PORT_", "RABBITMQ_", "ERL_", "FERRETDB_", "SEARCH_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return strings.HasSuffix(name, "_GRPC_ADDR") || slices.Contains([]string{
		"HOST", "PORT", "GRPC_PORT", "GRPC_CALLERS", "ADMIN_HOST", "ADMIN_PORT", "ORDERSAGA_ENV", "DATABASE_URL", "MONGODB_URI", "MONGODB_DATABASE",
		"AMQP_URL", "GRPC_TLS_CA", "PAYMENT_PROVIDER_URL", "PAYMENT_PROVIDER_KEY", "PAYSIM_API_KEY", "PAYSIM_DATA",
	}, name)
}

// clean returns the user's environment without the variables that the stack sets.
func clean(environment []string) []string {
	return slices.DeleteFunc(slices.Clone(environment), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return ours(name)
	})
}

// withoutTelemetry removes OTEL_* for the engines: they are for our programs, and the Temporal
// server refuses unknown exporters.
func withoutTelemetry(environment []string) []string {
	return slices.DeleteFunc(environment, func(entry string) bool { return strings.HasPrefix(entry, "OTEL_") })
}

// environment returns the environment of a program, without other programs' secrets.
func (s *Stack) environment(name string, engines *Engines) []string {
	env := clean(s.Environment)
	set := func(name, value string) { env = append(env, name+"="+value) }
	if name != programs.Worker { // which has only an admin page, with ADMIN_HOST
		set("HOST", ports.Host)
	}
	set("PORT", strconv.Itoa(s.Ports[name]))
	if name == programs.Paysim {
		set("PAYSIM_API_KEY", s.File.PaysimKey)
		set("PAYSIM_DATA", filepath.Join(s.Dir, name, "paysim.db"))
		return env
	}
	set("ORDERSAGA_ENV", "development")
	set("OIDC_ISSUER", engines.OIDC.Issuer)
	set("OIDC_AUDIENCE", audience)
	p := programs.Of(name)
	if len(p.Calls) > 0 {
		set("OIDC_CLIENT_ID", name)
		set("OIDC_CLIENT_SECRET", s.File.Clients[name])
	}
	for _, service := range p.Calls {
		set(strings.ToUpper(service)+"_GRPC_ADDR", s.Ports.Address(ports.GRPC(service)))
	}
	if p.Temporal {
		set("TEMPORAL_ADDRESS", engines.Temporal.Address)
		set("TEMPORAL_NAMESPACE", engines.Temporal.Namespace)
		// The user's profile would add keys and certificates.
		set("TEMPORAL_CONFIG_FILE", os.DevNull)
	}
	if !p.Service {
		return env
	}
	set("GRPC_PORT", strconv.Itoa(s.Ports[ports.GRPC(name)]))
	set("ADMIN_PORT", strconv.Itoa(s.Ports[ports.Admin(name)]))
	set("DATABASE_URL", engines.Databases[name])
	if p.Documents {
		set("MONGODB_URI", engines.MongoDB.URL)
		set("MONGODB_DATABASE", name)
	}
	if p.Search {
		set("SEARCH_DIR", filepath.Join(s.Dir, "search"))
	}
	if p.Broker {
		set("AMQP_URL", engines.AMQP.URL)
	}
	if name == programs.Payments {
		set("PAYMENT_PROVIDER_URL", s.Ports.URL(programs.Paysim))
		set("PAYMENT_PROVIDER_KEY", s.File.PaysimKey)
	}
	return env
}
