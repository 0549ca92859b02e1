// Package openapi_test reads the services' OpenAPI documents as their users' tools do: linters, and
// a generator of clients.
package openapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/programs"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// schemaName is what a generated type may be called. A digit or an underscore is in a name that was
// made because another type has it already; the words at the end say only what the type is for.
var (
	schemaName = regexp.MustCompile(`^[A-Z][A-Za-z]*$`)
	plainName  = regexp.MustCompile(`(Body|Input|Output|Result|Page|Query|Command|Struct)$`)
)

func TestOpenAPI(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	operator := s.Operator()
	services := programs.Names(programs.IsService)
	documents := t.TempDir()
	for _, service := range services {
		answer := operator.Get(service, "/openapi.json")
		require.Equal(t, http.StatusOK, answer.Status, service)
		require.NoError(t, os.WriteFile(filepath.Join(documents, service+".json"), answer.Body, 0o600))
	}

	t.Run("schemas have names that a client would want, and members that are never null", func(t *testing.T) {
		for _, service := range services {
			d := read(t, filepath.Join(documents, service+".json"))
			require.NotEmpty(t, d.Components.Schemas, service)
			for name, schema := range d.Components.Schemas {
				for member, property := range schema.Properties {
					assert.NotContains(t, fmt.Sprint(property.Type), "null", "%s: %s.%s may be null: leave it out when there is none, and tag a list nullable:\"false\"", service, name, member)
				}
				assert.Regexp(t, schemaName, name, "%s: two types of one name, the second is named after its package: rename one of them", service)
				assert.NotRegexp(t, plainName, name, "%s: a name that says only what the type is for", service)
			}
			assert.Regexp(t, `^\d+\.\d+\.\d+$`, d.Info.Version, "%s: the version of the API", service)
		}
	})

	tools := install(t)
	t.Run("the documents are clean under Spectral's recommended rules", func(t *testing.T) {
		arguments := []string{"lint", "--ruleset", tools.file("spectral.json"), "--fail-severity", "hint", "--format", "text"}
		for _, service := range services {
			arguments = append(arguments, filepath.Join(documents, service+".json"))
		}
		assert.Contains(t, tools.run(t, "spectral", arguments...), "No results")
	})
	t.Run("the documents are clean under Redocly's recommended rules", func(t *testing.T) {
		arguments := []string{"lint", "--config", tools.file("redocly.yaml"), "--format", "json"}
		for _, service := range services {
			arguments = append(arguments, filepath.Join(documents, service+".json"))
		}
		// One object for each document.
		printed := json.NewDecoder(strings.NewReader(tools.run(t, "redocly", arguments...)))
		for _, service := range services {
			var found struct {
				Totals   struct{ Errors, Warnings, Ignored int }
				Problems []any
			}
			require.NoError(t, printed.Decode(&found), service)
			assert.Empty(t, found.Problems, service)
			assert.Zero(t, found.Totals, service)
		}
	})
	t.Run("a typed client that is made from them places an order and ships it", func(t *testing.T) {
		received := operator.Post(shop.Inventory, "/v1/stock/receipts",
			map[string]any{"lines": []any{map[string]any{"sku": "tea", "quantity": 10}}}, "Idempotency-Key", "delivery")
		require.Equal(t, http.StatusCreated, received.Status, "%s", received)
		for _, service := range []string{shop.Orders, shop.Catalog} {
			tools.run(t, "openapi-typescript", s.URL(service)+"/openapi.json", "--output", tools.file(service+".d.ts"))
		}
		tools.run(t, "tsc", "--project", tools.file("tsconfig.json"))
		printed := tools.node(t, []string{
			"ORDERS_URL=" + s.URL(shop.Orders), "CATALOG_URL=" + s.URL(shop.Catalog),
			"SHOPPER_TOKEN=" + testkit.Token(t, "anna"), "OPERATOR_TOKEN=" + testkit.Token(t, "operator", auth.ScopeOperator),
		}, tools.file("out/shop.js"))
		var told struct {
			Products []string
			Order    struct{ ID string }
			Shipment struct {
				Status   string
				Captured struct{ Amount int64 }
			}
			Rejected struct{ Type, Code string }
			Listed   []string
		}
		require.NoError(t, json.Unmarshal([]byte(printed), &told), "%s", printed)
		assert.Equal(t, []string{"mug", "tea"}, told.Products)
		assert.Equal(t, "shipped", told.Shipment.Status)
		assert.EqualValues(t, 450, told.Shipment.Captured.Amount)
		assert.Contains(t, told.Rejected.Type, "payment-declined")
		assert.NotEmpty(t, told.Rejected.Code)
		assert.Equal(t, []string{"confirmed", "rejected"}, told.Listed)
		answer := operator.Get(shop.Orders, "/v1/orders/"+told.Order.ID)
		assert.Equal(t, "confirmed", answer.Field("status"), "%s", answer)
		assert.Equal(t, "partly_shipped", answer.Field("fulfilment_status"), "%s", answer)
	})
}

type document struct {
	Info       struct{ Version string }
	Components struct {
		Schemas map[string]struct {
			// Type is a name or a list of names.
			Properties map[string]struct{ Type any }
		}
	}
}

func read(t *testing.T, path string) (d document) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &d), "%s", path)
	return d
}

// sources of the client, which the tools need beside their modules.
var sources = slices.Values([]string{"shop.ts", "tsconfig.json", "spectral.json", "redocly.yaml"})
