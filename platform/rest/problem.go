package rest

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ordersaga/ordersaga/platform/text"
)

// problemTypes is the prefix of every problem's type.
const problemTypes = "https://ordersaga.dev/problems/"

// Problem is an error in an answer: application/problem+json (RFC 9457).
type Problem struct {
	// Type is a stable URI that programs compare.
	Type string `json:"type" format:"uri" doc:"What went wrong; stable, for programs." example:"https://ordersaga.dev/problems/out-of-stock"`
	// Title is the type in words.
	Title string `json:"title" doc:"The type in words." example:"Out of stock"`
	// Status is the HTTP status.
	Status int `json:"status" doc:"The HTTP status." example:"422"`
	// Detail says what happened this time.
	Detail string `json:"detail,omitempty" doc:"What happened this time."`
	// Instance is the path that was asked for.
	Instance string `json:"instance,omitempty" format:"uri-reference" doc:"The path that was asked for."`
	// Errors name the parts of the request that are wrong.
	Errors []FieldError `json:"errors,omitempty" nullable:"false" doc:"The parts of the request that are wrong."`
	// Extra are further members of the object. They do not replace the ones above.
	Extra map[string]any `json:"-"`

	header http.Header
}

// FieldError is an error of one part of a request.
type FieldError struct {
	// Field is where: "body.lines[0].quantity", "query.limit", "header.If-Match".
	Field string `json:"field" doc:"Where, for example body.lines[0].quantity."`
	// Message says what is wrong.
	Message string `json:"message" doc:"What is wrong with it."`
}

// NewProblem makes a problem. The slug, "out-of-stock", becomes its type and, in words, its title.
func NewProblem(status int, slug, detail string) *Problem {
	return &Problem{Type: problemTypes + slug, Title: words(slug), Status: status, Detail: text.Line(detail, maxDetail)}
}

// With adds a member, and returns the problem.
func (p *Problem) With(key string, value any) *Problem {
	if p.Extra == nil {
		p.Extra = map[string]any{}
	}
	p.Extra[key] = value
	return p
}

// WithHeader adds a response header, and returns the problem.
func (p *Problem) WithHeader(name, value string) *Problem {
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Add(name, value)
	return p
}

func (p *Problem) Error() string {
	if p.Detail == "" {
		return strconv.Itoa(p.Status) + " " + p.Title
	}
	return strconv.Itoa(p.Status) + " " + p.Title + ": " + p.Detail
}

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// MarshalJSON flattens Extra into the object.
func (p *Problem) MarshalJSON() ([]byte, error) {
	type plain Problem
	known, err := encode((*plain)(p))
	if err != nil || len(p.Extra) == 0 {
		return known, err
	}
	var merged map[string]json.RawMessage
	if err := json.Unmarshal(known, &merged); err != nil {
		return nil, err
	}
	members := slices.Clone(known[:len(known)-1])
	for _, key := range slices.Sorted(maps.Keys(p.Extra)) {
		if _, standard := merged[key]; standard {
			continue
		}
		name, err := encode(key)
		if err != nil {
			return nil, err
		}
		value, err := encode(p.Extra[key])
		if err != nil {
			return nil, err
		}
		members = append(append(append(append(members, ','), name...), ':'), value...)
	}
	return append(members, '}'), nil
}

// encode does not escape "<", because problems are not embedded in pages.
func encode(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

// UnmarshalJSON reads a problem, with further members into Extra.
func (p *Problem) UnmarshalJSON(data []byte) error {
	type plain Problem
	if err := json.Unmarshal(data, (*plain)(p)); err != nil {
		return err
	}
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	for _, standard := range []string{"type", "title", "status", "detail", "instance", "errors"} {
		delete(members, standard)
	}
	if len(members) > 0 {
		p.Extra = members
	}
	return nil
}

// TransformSchema describes Extra.
func (p *Problem) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.AdditionalProperties = true
	s.Description = "Problem details, RFC 9457. Further members depend on the type."
	return s
}

// words turns "out-of-stock" into "Out of stock".
func words(slug string) string { return capital(strings.ReplaceAll(slug, "-", " ")) }
