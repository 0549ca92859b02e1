package rest

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
)

// lists are the headers whose values are lists: several lines are one list (RFC 9110 5.3).
var lists = map[string]bool{
	"Accept": true, "Content-Encoding": true, "If-Match": true, "If-None-Match": true, "Prefer": true,
}

// checkHeaders refuses a single-valued header that is sent more than once. The lines of lists are
// joined.
func checkHeaders(ctx huma.Context, next func(huma.Context)) {
	header := humaecho.Unwrap(ctx).Request().Header
	for name := range lists {
		if lines := header[name]; len(lines) > 1 {
			header[name] = []string{strings.Join(lines, ", ")}
		}
	}
	single := []string{"Authorization", "Content-Type"}
	for _, parameter := range ctx.Operation().Parameters {
		if parameter.In == "header" {
			single = append(single, http.CanonicalHeaderKey(parameter.Name))
		}
	}
	for _, name := range single {
		if len(header[name]) > 1 {
			write(ctx, invalidHeader("repeated-header", name, fmt.Sprintf("%s was sent %d times; send it once.", name, len(header[name]))))
			return
		}
	}
	next(ctx)
}

// checkAccept refuses a request whose Accept excludes JSON, before the operation starts.
func checkAccept(ctx huma.Context, next func(huma.Context)) {
	if accept := ctx.Header("Accept"); strings.TrimSpace(accept) != "" && !acceptsJSON(accept) {
		write(ctx, notAcceptable())
		return
	}
	next(ctx)
}

func invalidHeader(slug, name, detail string) *Problem {
	p := NewProblem(http.StatusBadRequest, slug, detail)
	p.Errors = []FieldError{{Field: "header." + name, Message: "is not valid"}}
	if slug == "repeated-header" {
		p.Errors[0].Message = "was sent more than once"
	}
	return p
}
