package rest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v5"

	"github.com/ordersaga/ordersaga/platform/text"
)

// cleanURL refuses a URL with invalid UTF-8 or NUL, which PostgreSQL cannot store, and a query that
// does not parse: reading only the valid parts would ignore filters.
func cleanURL(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		u := c.Request().URL
		if unescaped, err := url.QueryUnescape(u.RawQuery); err == nil && !isText(unescaped) || !isText(u.Path) {
			return NewProblem(http.StatusBadRequest, "bad-request", "The URL contains bytes that are not text.")
		}
		if _, err := url.ParseQuery(u.RawQuery); err != nil {
			detail := "The query does not parse: it has an invalid escape."
			if strings.Contains(err.Error(), "semicolon") {
				detail = "The query does not parse: parameters are separated by &, and a semicolon is written %3B."
			}
			return NewProblem(http.StatusBadRequest, "invalid-query", detail)
		}
		return next(c)
	}
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// checkQuery refuses unknown parameters, repeated single-valued ones, and those without a value: a
// filter that is not understood must not be ignored.
func checkQuery(ctx huma.Context, next func(huma.Context)) {
	u := ctx.URL()
	query := u.Query()
	parameters := map[string]*huma.Param{}
	for _, p := range ctx.Operation().Parameters {
		if p.In == "query" {
			parameters[p.Name] = p
		}
	}
	var faults []FieldError
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if message := faultOf(parameters[name], query[name]); message != "" {
			faults = append(faults, FieldError{Field: "query." + text.Line(name, maxField), Message: message})
		}
	}
	faults = faults[:min(len(faults), maxFaults)]
	if len(faults) > 0 {
		p := NewProblem(http.StatusBadRequest, "invalid-query",
			fmt.Sprintf("The query is not valid: %s: %s.", faults[0].Field, faults[0].Message))
		p.Errors = faults
		write(ctx, p)
		return
	}
	next(ctx)
}

// faultOf returns the error in the values of a parameter, or "". The parameter is nil when the
// operation has none of that name.
func faultOf(p *huma.Param, values []string) string {
	switch {
	case p == nil:
		return "there is no such parameter"
	case len(values) > 1 && p.Schema.Type != huma.TypeArray:
		return fmt.Sprintf("it was sent %d times; send it once", len(values))
	case slices.Contains(values, "") && (p.Schema.MinLength == nil || *p.Schema.MinLength > 0):
		return "it has no value"
	default:
		return ""
	}
}
