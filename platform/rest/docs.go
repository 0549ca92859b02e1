package rest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v5"
	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"
)

// serveDescription serves the OpenAPI document and a page to read and try it, with all assets from
// this binary.
func (a *API) serveDescription(title string) {
	document := sync.OnceValue(a.document)
	asJSON := sync.OnceValues(func() ([]byte, error) { return json.Marshal(document()) })
	asYAML := sync.OnceValues(func() ([]byte, error) { return document().YAML() })
	a.echo.GET("/openapi.json", serveDocument("application/openapi+json", asJSON))
	a.echo.GET("/openapi.yaml", serveDocument("application/openapi+yaml", asYAML))

	page := v5emb.NewHandlerWithConfig(swgui.Config{
		Title: title, SwaggerJSON: "/openapi.json", BasePath: "/docs/",
		SettingsUI: map[string]string{"persistAuthorization": "false", "defaultModelsExpandDepth": "1"},
	})
	policy := pagePolicy(page)
	serve := func(c *echo.Context) error {
		c.Response().Header().Set("Content-Security-Policy", policy)
		w := &quotedTags{ResponseWriter: c.Response()}
		page.ServeHTTP(w, c.Request())
		if !w.begun { // a HEAD
			w.WriteHeader(http.StatusOK)
		}
		return nil
	}
	a.echo.GET("/docs", func(c *echo.Context) error { return c.Redirect(http.StatusMovedPermanently, "/docs/") })
	a.echo.GET("/docs/", serve)
	a.echo.GET("/docs/*", serve)
}

// document is the description with the keywords that OpenAPI knows. Huma writes the words of its
// messages about patterns beside the patterns; they are in the messages by now.
func (a *API) document() *huma.OpenAPI {
	description := a.huma.OpenAPI()
	for _, schema := range description.Components.Schemas.Map() {
		forgetMessages(schema)
	}
	for _, path := range description.Paths {
		for _, operation := range operationsOf(path) {
			for _, parameter := range operation.Parameters {
				forgetMessages(parameter.Schema)
			}
		}
	}
	return description
}

func forgetMessages(schema *huma.Schema) {
	if schema == nil {
		return
	}
	schema.PatternDescription = ""
	forgetMessages(schema.Items)
	for _, property := range schema.Properties {
		forgetMessages(property)
	}
}

func serveDocument(contentType string, document func() ([]byte, error)) echo.HandlerFunc {
	return func(c *echo.Context) error {
		body, err := document()
		if err != nil {
			return fmt.Errorf("encode the OpenAPI document: %w", err)
		}
		// Caches must revalidate it with its ETag.
		c.Response().Header().Set("Cache-Control", "no-cache")
		c.Response().Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(body)))
		return c.Blob(http.StatusOK, contentType, body)
	}
}

// quotedTags quotes the entity tags of the page's assets: the handler writes them without quotes,
// which RFC 9110 8.8.3 requires.
type quotedTags struct {
	http.ResponseWriter
	begun bool
}

func (w *quotedTags) WriteHeader(status int) {
	w.begun = true
	if tag := w.Header().Get("ETag"); tag != "" && !strings.Contains(tag, `"`) {
		w.Header().Set("ETag", strconv.Quote(tag))
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *quotedTags) Write(content []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(content)
}

var inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// pagePolicy makes the page's Content-Security-Policy: it loads only from this server and runs only
// its own scripts; inline ones are named by their hashes.
func pagePolicy(page http.Handler) string {
	rendered := httptest.NewRecorder()
	page.ServeHTTP(rendered, httptest.NewRequest(http.MethodGet, "/docs/", nil))
	scripts := []string{"'self'"}
	for _, script := range inlineScript.FindAllStringSubmatch(rendered.Body.String(), -1) {
		hash := sha256.Sum256([]byte(script[1]))
		scripts = append(scripts, "'sha256-"+base64.StdEncoding.EncodeToString(hash[:])+"'")
	}
	return strings.Join([]string{
		"default-src 'none'",
		"script-src " + strings.Join(scripts, " "),
		"style-src 'self' 'unsafe-inline'", // Swagger UI sets styles on elements
		"img-src 'self' data:",
		"connect-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}
