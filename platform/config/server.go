package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
)

// Admin is where a program serves health and metrics, which ask for no token: on loopback until
// ADMIN_HOST says otherwise, whatever HOST says.
type Admin struct {
	AdminHost string `env:"ADMIN_HOST" envDefault:"127.0.0.1" desc:"the address to serve health and metrics on, without a token; 0.0.0.0 in a container"`
	// Profiles show what is in memory and cost time.
	Profiles bool `env:"ADMIN_PPROF" envDefault:"false" desc:"true to serve pprof's profiles there too, under /debug/pprof"`
}

// Server is where a service listens: REST on Port, gRPC a thousand above, admin two thousand above,
// unless set apart. Services listen on loopback until HOST says otherwise.
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

// Address of REST, as net.Listen takes it.
func (s Server) Address() string { return s.join(s.Port) }

// GRPCAddress of gRPC, as net.Listen takes it.
func (s Server) GRPCAddress() string { return s.join(s.besides(s.GRPCPort, 1000)) }

// AdminAddress of health and metrics, as net.Listen takes it.
func (s Server) AdminAddress() string {
	return net.JoinHostPort(s.AdminHost, strconv.Itoa(s.besides(s.AdminPort, 2000)))
}

// Validate checks that the ports, set or derived, exist.
func (s Server) Validate() error {
	return errors.Join(
		port("PORT", s.Port),
		port("GRPC_PORT", s.besides(s.GRPCPort, 1000)),
		port("ADMIN_PORT", s.besides(s.AdminPort, 2000)),
	)
}

func (s Server) join(port int) string { return net.JoinHostPort(s.Host, strconv.Itoa(port)) }

// besides is the port set, or the one at an offset from Port. Next to a port the system chooses,
// the system chooses too.
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

// The environments a process can be told it runs in.
const (
	Production  = "production"
	Development = "development"
)

// Auth is who issues the tokens a program trusts.
type Auth struct {
	Issuer   string `env:"OIDC_ISSUER,required" desc:"the URL of the OpenID Connect issuer whose tokens are trusted"`
	Audience string `env:"OIDC_AUDIENCE" envDefault:"ordersaga" desc:"the audience a token must be meant for"`
	// Environment is Production unless somebody says otherwise: what is only fit for development
	// has to be asked for.
	Environment string `env:"ORDERSAGA_ENV" envDefault:"production" desc:"production or development"`
}

// Client is Auth of a program that also calls others in its own name: with these credentials it
// asks the issuer for its tokens.
type Client struct {
	Auth
	ClientID     string `env:"OIDC_CLIENT_ID,required" desc:"the client id of this program at the issuer"`
	ClientSecret Secret `env:"OIDC_CLIENT_SECRET,required" desc:"the client secret of this program at the issuer"`
}

// Production tells whether development conveniences are refused.
func (a Auth) Production() bool { return a.Environment != Development }

// Validate refuses, in production, an issuer that anyone on the way can forge.
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
