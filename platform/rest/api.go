// Package rest serves the REST API of every service: typed operations with an OpenAPI 3.1
// description, bearer tokens, strict JSON and problem details (RFC 9457) for every error.
//
//	api := rest.New(rest.Config{Info: rest.Info{Title: "Orders", Version: "1.0.0"}, Verifier: verifier})
//	rest.Handle(api, rest.Op{Method: "GET", Path: "/v1/orders/{id}", ID: "get-order"}, get)
//	lifecycle.HTTP("rest", api.Server(cfg.Address()))
//
// Inputs and outputs are structs with Huma's tags: path, query, header, Body, Status, and minimum,
// maxLength, pattern, … which are checked and described.
package rest

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v5"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/limits"
)

// Config describes a service's API.
type Config struct {
	Info Info
	// Verifier is needed unless every operation is Public.
	Verifier *auth.Verifier
	// Ready are the checks of /readyz, by name. Only the names of failing checks are shown here;
	// their errors are on the admin server.
	Ready    map[string]func(ctx context.Context) error
	Settings Settings
	// BodyTimeout bounds the time in which the body of a request arrives; 30 s when 0.
	BodyTimeout time.Duration
}

// Info is what a service says of its API at the head of the description.
type Info struct {
	Title string
	// Version of the API, not of the build: MAJOR.MINOR.PATCH, higher with every change that
	// clients see.
	Version     string
	Description string
	// Tags are the groups of operations (Op.Tags).
	Tags []Tag
}

// Tag is a group of operations.
type Tag struct{ Name, Description string }

// API serves a service's operations. It is an http.Handler.
type API struct {
	echo        *echo.Echo
	huma        huma.API
	names       *schemaNames
	verifier    *auth.Verifier
	cursorKey   cursorKey
	rate        *limits.Rate
	inFlight    *limits.InFlight
	bodyTimeout time.Duration
}

// New makes an API without operations. It serves /livez, /readyz, /openapi.json, /openapi.yaml and
// /docs.
func New(cfg Config) *API {
	router := echo.NewWithConfig(echo.Config{
		Logger:           slog.New(asDebug{}),
		HTTPErrorHandler: writeError,
		// Overwriting is not allowed: two operations on one path are a mistake. Every GET also
		// answers HEAD (RFC 9110 9.3.2).
		Router: echo.NewRouter(echo.RouterConfig{UnescapePathParamValues: true, AutoHandleHEAD: true}),
	})
	router.Use(tracing(), linkCaller, requestID, accessLog, recovery, secureHeaders, allowHead, crossOrigin(cfg.Settings.AllowedOrigins), cleanURL, conditional)
	names := newSchemaNames()
	api := &API{
		echo: router, huma: humaecho.New(router, describe(cfg, names)), names: names, verifier: cfg.Verifier,
		rate:        limits.NewRate(cfg.Settings.RatePerSecond, cfg.Settings.RateBurst),
		inFlight:    limits.NewInFlight(cfg.Settings.InFlight),
		cursorKey:   newCursorKey(cfg.Settings.cursorSecret(), cfg.Info.Title),
		bodyTimeout: cmp.Or(cfg.BodyTimeout, defaultBodyTimeout),
	}
	api.serveHealth(cfg.Ready)
	api.serveDescription(cfg.Info.Title)
	return api
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.echo.ServeHTTP(w, r) }

// Server makes an http.Server for the API, with limits against slow and oversized requests. Its
// timeouts for bodies and answers apply to requests outside operations; each operation sets its
// own.
func (a *API) Server(addr string) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           a,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    32 << 10,
	}
}

// describe returns the configuration of Huma: the OpenAPI document without operations, and the JSON
// format.
func describe(cfg Config, names *schemaNames) huma.Config {
	tags := make([]*huma.Tag, len(cfg.Info.Tags))
	for i, tag := range cfg.Info.Tags {
		tags[i] = &huma.Tag{Name: tag.Name, Description: tag.Description}
	}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: cfg.Info.Title, Version: cfg.Info.Version, Description: cfg.Info.Description,
				Contact: &huma.Contact{Name: "Ordersaga", URL: "https://github.com/ordersaga/ordersaga"},
				License: &huma.License{Name: "Apache License 2.0", Identifier: "Apache-2.0"},
			},
			// Relative to where the document is read from, which is right behind every gateway.
			Servers: []*huma.Server{{URL: "/", Description: "The server that this document came from."}},
			Tags:    tags,
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", names.name),
				SecuritySchemes: map[string]*huma.SecurityScheme{bearerScheme: bearer("")},
			},
			Security: []map[string][]string{{bearerScheme: {}}},
		},
		Formats:       map[string]huma.Format{"application/json": strictJSON, "json": strictJSON},
		DefaultFormat: "application/json",
	}
}
