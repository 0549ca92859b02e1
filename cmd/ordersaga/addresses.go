package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/devfile"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/issuer"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

// addresses says where the services are: as flags and environment say, else as the development
// stack in the folder says, else on the default ports.
type addresses struct {
	Dir          string `help:"Folder of the development stack." default:".ordersaga" env:"ORDERSAGA_DIR" type:"path" placeholder:"DIR"`
	URLOrders    string `help:"URL of the orders service." env:"ORDERSAGA_URL_ORDERS" name:"url-orders" placeholder:"URL"`
	URLCatalog   string `help:"URL of the catalog service." env:"ORDERSAGA_URL_CATALOG" name:"url-catalog" placeholder:"URL"`
	URLInventory string `help:"URL of the inventory service." env:"ORDERSAGA_URL_INVENTORY" name:"url-inventory" placeholder:"URL"`
	URLPayments  string `help:"URL of the payments service." env:"ORDERSAGA_URL_PAYMENTS" name:"url-payments" placeholder:"URL"`
	URLIssuer    string `help:"URL of the development token issuer." env:"ORDERSAGA_URL_ISSUER" name:"url-issuer" placeholder:"URL"`

	invocation `kong:"-"`
}

func (a *addresses) url(name string) (string, error) {
	given := map[string]string{
		programs.Orders: a.URLOrders, programs.Catalog: a.URLCatalog, programs.Inventory: a.URLInventory, programs.Payments: a.URLPayments, ports.Issuer: a.URLIssuer,
	}[name]
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

// Who acts when the development issuer is asked for the token.
const (
	demoShopper  = "demo-shopper"
	demoOperator = "demo-operator"
)

// token is ORDERSAGA_TOKEN, or one that the issuer of OIDC_ISSUER gives to OIDC_CLIENT_ID, or one
// for the subject from the development issuer.
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
