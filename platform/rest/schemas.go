package rest

import (
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// schemaNames gives the types that are shown over REST their names in the description. Generated
// clients have types of these names.
//
//   - A body that has no name, or one that says only that it is a body, has the operation's:
//     PlaceOrderRequest, ListOrdersResponse.
//   - Every other type has its own: Order, AuditOrder.
//
// Two types of one name are a mistake that only a reader of the description can mend: the second is
// called Line_view, after its package, so that the service runs and a test of the description fails.
type schemaNames struct {
	of    map[reflect.Type]string
	taken map[string]reflect.Type
	// request and response are the bodies of the operation that is being described, and id is its
	// name.
	request, response reflect.Type
	id                string
}

// plainBodies are names of types that say only that they are bodies.
var plainBodies = []string{"", "body", "page", "input", "output", "command", "query", "result", "request", "response", "answer"}

func newSchemaNames() *schemaNames {
	return &schemaNames{of: map[reflect.Type]string{}, taken: map[string]reflect.Type{}}
}

// describing an operation from now on, with its input and output.
func (n *schemaNames) describing(id string, in, out reflect.Type) {
	n.id, n.request, n.response = id, bodyOf(in), bodyOf(out)
}

// bodyOf is the type of an input's or output's Body, nil when it has none.
func bodyOf(t reflect.Type) reflect.Type {
	if t.Kind() != reflect.Struct {
		return nil
	}
	body, has := t.FieldByName("Body")
	if !has {
		return nil
	}
	return dereferenced(body.Type)
}

// name is Huma's question for the name of a type. The hint is Huma's name of a type without one.
func (n *schemaNames) name(t reflect.Type, hint string) string {
	t = dereferenced(t)
	if known, ok := n.of[t]; ok {
		return known
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if slices.Contains(plainBodies, strings.ToLower(t.Name())) {
		switch t {
		case n.request:
			name = camel(n.id) + "Request"
		case n.response:
			name = camel(n.id) + "Response"
		}
	}
	if t.Kind() != reflect.Struct {
		return name // of no schema
	}
	if _, has := n.taken[name]; has {
		name += "_" + t.PkgPath()[strings.LastIndex(t.PkgPath(), "/")+1:]
	}
	n.of[t], n.taken[name] = name, t
	return name
}

func dereferenced(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// camel turns "place-order" into "PlaceOrder".
func camel(id string) string {
	var name strings.Builder
	for word := range strings.SplitSeq(id, "-") {
		name.WriteString(capital(word))
	}
	return name.String()
}

func capital(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}
