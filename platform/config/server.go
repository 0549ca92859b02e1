package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
)

// Admin is where a program serves health and metrics, without a token: on loopback unless
// ADMIN_HOST is set. HOST does not change it.
type Admin struct {
	AdminHost string `env:"ADMIN_HOST" envDefault:"127.0.0.1" desc:"the address to serve health and metrics on, without a token; 0.0.0.0 in a container"`
	// Profiles expose memory contents and cost CPU time.
	Profiles bool `env:"ADMIN_PPROF" envDefault:"false" desc:"true to serve pprof's profiles there too, under /debug/pprof"`
}

// Server is where a service listens: REST on Port, gRPC on Port+1000 and admin on Port+2000 unless
// they are set. Services listen on loopback unless HOST is set.
type Server struct {
	Admin
	Host string `env:"HOST" envDefault:"127.0.0.1" desc:"the address to listen on; 0.0.0.0 in a container"`
	// Port of REST. 0 lets the system choose.
	Port int `env:"PORT" desc:"the REST port"`
	// GRPCPort is Port+1000 when 0.
	GRPCPort int `env:"GRPC_PORT" desc:"the gRPC port, by default PORT+1000"`
	// AdminPort is Port+2000 when 0.
	AdminPort int `env:"ADMIN_PORT" desc:"the port of health and metrics, by default PORT+2000"`
}

// Address returns the address of REST for net.Listen.
func (s Server) Address() string { return s.join(s.Port) }

// GRPCAddress returns the address of gRPC for net.Listen.
func (s Server) GRPCAddress() string { return s.join(s.besides(s.GRPCPort, 1000)) }

// AdminAddress returns the address of health and metrics for net.Listen.
func (s Server) AdminAddress() string {
	return net.JoinHostPort(s.AdminHost, strconv.Itoa(s.besides(s.AdminPort, 2000)))
}

// Validate checks that the ports, set or derived, are in range.
func (s Server) Validate() error {
	return errors.Join(
		port("PORT", s.Port),
		port("GRPC_PORT", s.besides(s.GRPCPort, 1000)),
		port("ADMIN_PORT", s.besides(s.AdminPort, 2000)),
	)
}

func (s Server) join(port int) string { return net.JoinHostPort(s.Host, strconv.Itoa(port)) }

// besides returns the port that is set, or Port plus an offset; 0, which lets the system choose,
// when Port is 0.
func (s Server) besides(set, offset int) int {
	if set != 0 || s.Port == 0 {
		return set
	}
	return s.Port + offset
}

func port(name string, value int) error {
	if value < 0 || value > 65535 {
		return fmt.Errorf("%s must be a port between 0 and 65535, not %d", name, value)
	}
	return nil
}

// The values of ORDERSAGA_ENV.
const (
	Production  = "production"
	Development = "development"
)

// Auth names the issuer whose tokens a program trusts.
type Auth struct {
	Issuer   string `env:"OIDC_ISSUER,required" desc:"the URL of the OpenID Connect issuer whose tokens are trusted"`
	Audience string `env:"OIDC_AUDIENCE" envDefault:"ordersaga" desc:"the audience a token must be meant for"`
	// Environment is Production by default: settings that are only fit for development must be
	// chosen.
	Environment string `env:"ORDERSAGA_ENV" envDefault:"production" desc:"production or development"`
}

// Client is Auth for a program that also calls other services: with these credentials it gets its
// tokens from the issuer.
type Client struct {
	Auth
	ClientID     string `env:"OIDC_CLIENT_ID,required" desc:"the client id of this program at the issuer"`
	ClientSecret Secret `env:"OIDC_CLIENT_SECRET,required" desc:"the client secret of this program at the issuer"`
}

// Production reports whether settings that are only fit for development are refused.
func (a Auth) Production() bool { return a.Environment != Development }

// Validate refuses, in production, an issuer without TLS.
func (a Auth) Validate() error {
	if a.Environment != Production && a.Environment != Development {
		return fmt.Errorf("ORDERSAGA_ENV must be production or development, not %q", a.Environment)
	}
	issuer, err := url.Parse(a.Issuer)
	if err != nil || issuer.Host == "" || (issuer.Scheme != "https" && issuer.Scheme != "http") {
		return fmt.Errorf("OIDC_ISSUER must be an https URL, not %q", a.Issuer)
	}
	if issuer.User != nil {
		return errors.New("OIDC_ISSUER must not hold a user or password: they belong in OIDC_CLIENT_ID and OIDC_CLIENT_SECRET")
	}
	if a.Production() && issuer.Scheme != "https" {
		return fmt.Errorf("OIDC_ISSUER must be an https URL in production, not %q; ORDERSAGA_ENV=development allows http", a.Issuer)
	}
	if a.Audience == "" {
		return errors.New("OIDC_AUDIENCE must not be empty")
	}
	return nil
}
