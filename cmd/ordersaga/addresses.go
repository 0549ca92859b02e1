package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/devfile"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/issuer"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

// addresses finds the services: by flags and environment, else by the development stack in the
// folder, else on the default ports.
type addresses struct {
	Dir string            `help:"Folder of the development stack." default:".ordersaga" env:"ORDERSAGA_DIR" type:"path" placeholder:"DIR"`
	URL map[string]string `help:"URL of a service, or of the development token issuer, like --url orders=http://127.0.0.1:8080; or the variable ORDERSAGA_URL_ORDERS." name:"url" placeholder:"NAME=URL"`

	invocation `kong:"-"`
}

// Validate is called by kong: a name that nobody has would be left aside.
func (a *addresses) Validate() error {
	for name := range a.URL {
		if known := append(programs.Names(programs.IsService), ports.Issuer); !slices.Contains(known, name) {
			return fmt.Errorf("--url: there is no service %q: they are %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

func (a *addresses) url(name string) (string, error) {
	given := a.URL[name]
	if given == "" {
		given = os.Getenv("ORDERSAGA_URL_" + strings.ToUpper(name))
	}
	if given != "" {
		return strings.TrimRight(given, "/"), nil
	}
	file, err := devfile.Load(a.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if known := file.URLs[name]; known != "" {
		return known, nil
	}
	defaults, err := ports.Decide(0, nil)
	return defaults.URL(name), err
}

// Subjects of the development issuer's tokens.
const (
	demoShopper  = "demo-shopper"
	demoOperator = "demo-operator"
)

// token returns ORDERSAGA_TOKEN, or a token from OIDC_ISSUER for OIDC_CLIENT_ID, or one for the
// subject from the development issuer.
func (a *addresses) token(ctx context.Context, subject string, scopes ...string) (string, error) {
	if given := os.Getenv("ORDERSAGA_TOKEN"); given != "" {
		return given, nil
	}
	if id := os.Getenv("OIDC_CLIENT_ID"); id != "" {
		return issuer.ClientToken(ctx, os.Getenv("OIDC_ISSUER"), id, os.Getenv("OIDC_CLIENT_SECRET"), scopes...)
	}
	url, err := a.url(ports.Issuer)
	if err != nil {
		return "", err
	}
	return issuer.Token(ctx, url, subject, 15*time.Minute, scopes...)
}
