package rest_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	assert.Equal(t, []map[string][]string{{"bearer": {"ordersaga.operator"}}}, document.Paths["/v1/products/{id}"]["delete"].Security)
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
