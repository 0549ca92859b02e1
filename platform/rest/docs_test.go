package rest_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/rest"
)

func TestTheAPIDescribesItself(t *testing.T) {
	w := newWorld(t)
	a := w.call("GET", "/openapi.json", "", "")
	assert.Equal(t, "application/openapi+json", a.Header.Get("Content-Type"))
	var document struct {
		OpenAPI string
		Info    struct{ Title, Version string }
		Paths   map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Security    []map[string][]string
			Responses   map[string]struct {
				Description string
				Content     map[string]any
			}
		}
		Components struct {
			Schemas         map[string]map[string]any
			SecuritySchemes map[string]struct{ Type, Scheme string } `json:"securitySchemes"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(a.body), &document))
	assert.Equal(t, "3.1.0", document.OpenAPI)
	assert.Equal(t, "Orders", document.Info.Title)
	assert.Equal(t, "1.2.3", document.Info.Version)
	assert.Equal(t, "http", document.Components.SecuritySchemes["bearer"].Type)
	assert.Equal(t, "bearer", document.Components.SecuritySchemes["bearer"].Scheme)

	place := document.Paths["/v1/orders"]["post"]
	assert.Equal(t, "place-order", place.OperationID)
	assert.Equal(t, []map[string][]string{{"bearer": {}}}, place.Security)
	for _, status := range []string{"400", "401", "409", "413", "415", "422", "500", "503"} {
		assert.Contains(t, place.Responses[status].Content, "application/problem+json", "status %s", status)
	}
	for _, status := range []string{"406", "408", "429"} {
		assert.Contains(t, place.Responses, status)
	}
	assert.Equal(t, "Conflict: price-changed", place.Responses["409"].Description)
	assert.Equal(t, "Unprocessable Entity: out-of-stock", place.Responses["422"].Description)
	assert.NotContains(t, document.Paths["/v1/orders"]["get"].Responses, "408", "it has no body")
	assert.Contains(t, document.Paths["/v1/orders/{id}"]["get"].Responses, "304")
	assert.Contains(t, place.Responses["201"].Content, "application/json")
	assert.Equal(t, place.Responses["201"].Content, place.Responses["202"].Content, "the other success has the same body")
	assert.Equal(t, "bearer", document.Components.SecuritySchemes["ordersaga.operator"].Scheme, "a scope has a scheme of its name")
	assert.Equal(t, []map[string][]string{{"ordersaga.operator": {}}}, document.Paths["/v1/products/{id}"]["delete"].Security)
	assert.Empty(t, document.Paths["/v1/terms"]["get"].Security)
	assert.NotContains(t, document.Paths["/v1/terms"]["get"].Responses, "401")
	problem := document.Components.Schemas["Problem"]
	require.NotNil(t, problem)
	assert.Equal(t, true, problem["additionalProperties"])
	assert.Contains(t, w.call("GET", "/openapi.yaml", "", "").body, "openapi: 3.1.0")
}

func TestTheDocumentationComesFromThisBinaryAlone(t *testing.T) {
	w := newWorld(t)
	assert.Equal(t, "/docs/", w.call("GET", "/docs", "", "").Header.Get("Location"))
	page := w.call("GET", "/docs/", "", "")
	require.Equal(t, 200, page.StatusCode)
	assert.NotRegexp(t, regexp.MustCompile(`(src|href|action)\s*=\s*["'](https?:)?//`), page.body, "an asset of a foreign host")
	assert.NotRegexp(t, regexp.MustCompile(`(?i)unpkg|jsdelivr|cdnjs|googleapis|cloudflare`), page.body)
	assert.Contains(t, page.body, `/openapi.json`)

	assets := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page.body, -1)
	require.GreaterOrEqual(t, len(assets), 3)
	for _, asset := range assets {
		require.True(t, strings.HasPrefix(asset[1], "/docs/"), "%s is not ours", asset[1])
		a := w.call("GET", asset[1], "", "")
		assert.Equal(t, 200, a.StatusCode, asset[1])
		assert.NotEmpty(t, a.body, asset[1])
		if strings.HasSuffix(asset[1], ".css") {
			assert.NotRegexp(t, regexp.MustCompile(`@import|url\(["']?(https?:)?//`), a.body, "a foreign style or font")
		}
	}

	policy := page.Header.Get("Content-Security-Policy")
	assert.NotContains(t, policy, "http", "no foreign host is allowed")
	assert.NotRegexp(t, regexp.MustCompile(`script-src[^;]*unsafe`), policy)
	assert.Equal(t, 3, strings.Count(policy, "'sha256-")+1, "the two scripts of the page are named by their hashes")
}

func TestReadinessOnThePublicPortKeepsTheReasonsToItself(t *testing.T) {
	w := newWorld(t)
	assert.JSONEq(t, `{"status":"ok"}`, w.call("GET", "/readyz", "", "").body)
	assert.JSONEq(t, `{"status":"ok"}`, w.call("GET", "/livez", "", "").body)
}

type (
	orderLine struct{ SKU string }
	order     struct {
		Lines   []orderLine `json:"lines"`
		Problem rest.Tag    `json:"problem"`
		Tags    []rest.Tag  `json:"tags"`
	}
	wanted struct {
		Body struct {
			SKU string `json:"sku" pattern:"^[A-Z]+$" patternDescription:"capital letters"`
		}
	}
	page  struct{ Orders []order }
	pages struct{ Body page }
)

func TestSchemasAreNamedAfterTheirTypesAndPlainBodiesAfterTheirOperation(t *testing.T) {
	document := describe(t, func(api *rest.API) {
		rest.Handle(api, rest.Op{Method: "POST", Path: "/v1/orders", ID: "place-order", Scope: rest.Public},
			func(context.Context, *wanted) (*struct{ Body order }, error) { return nil, nil })
		rest.Handle(api, rest.Op{Method: "GET", Path: "/v1/orders", ID: "list-orders", Scope: rest.Public},
			func(context.Context, *struct{}) (*pages, error) { return nil, nil })
	})
	assert.ElementsMatch(t, []string{"Order", "OrderLine", "Tag", "PlaceOrderRequest", "ListOrdersResponse", "Problem", "FieldError"},
		slices.Collect(maps.Keys(document.Components.Schemas)))
}

// The description's own test refuses names with an underscore; the service runs meanwhile.
func TestTheSecondTypeOfANameIsNamedAfterItsPackage(t *testing.T) {
	type orderLine struct{ Number int }
	document := describe(t, func(api *rest.API) {
		rest.Handle(api, rest.Op{Method: "GET", Path: "/v1/a", ID: "a", Scope: rest.Public},
			func(context.Context, *struct{}) (*struct{ Body order }, error) { return nil, nil })
		rest.Handle(api, rest.Op{Method: "GET", Path: "/v1/b", ID: "b", Scope: rest.Public},
			func(context.Context, *struct{}) (*struct{ Body orderLine }, error) { return nil, nil })
	})
	assert.Contains(t, document.Components.Schemas, "OrderLine")
	assert.Contains(t, document.Components.Schemas, "OrderLine_rest_test")
}

func TestTheDescriptionHasOnlyKeywordsOfOpenAPI(t *testing.T) {
	w := newWorld(t)
	rest.Handle(w.api, rest.Op{Method: "POST", Path: "/v1/wanted", ID: "want", Scope: rest.Public},
		func(context.Context, *wanted) (*struct{}, error) { return nil, nil })
	assert.NotContains(t, w.call("GET", "/openapi.json", "", "").body, "patternDescription")
	refused := w.call("POST", "/v1/wanted", "", `{"sku":"a"}`).problem(422, "validation-failed")
	assert.Contains(t, refused.Errors[0].Message, "capital letters", "the words are in the message all the same")
}

type document struct {
	Components struct{ Schemas map[string]any }
}

// describe is the description of an API with some operations.
func describe(t *testing.T, operations func(*rest.API)) (d document) {
	t.Helper()
	api := rest.New(rest.Config{Info: rest.Info{Title: "Test", Version: "1.0.0"}})
	operations(api)
	answer := httptest.NewRecorder()
	api.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/openapi.json", nil))
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &d))
	return d
}
