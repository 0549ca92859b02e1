package rest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

const (
	// Public is the Scope of an operation that needs no token.
	Public = "-"
	// DefaultMaxBody in bytes: a thousand order lines fit.
	DefaultMaxBody = 256 << 10
	// DefaultTimeout bounds an operation, and with it every call it makes.
	DefaultTimeout = 30 * time.Second

	bearerScheme = "bearer"
)

// Op describes one operation.
type Op struct {
	Method string // "POST"
	Path   string // "/v1/orders/{id}"
	// ID names the operation in the description and in generated clients: "place-order".
	ID          string
	Summary     string
	Description string
	Tags        []string
	// Scope a caller needs: empty for any valid token, Public for none, else auth.ScopeOperator and
	// the like.
	Scope string
	// Status of success; by default 200, or 204 when there is no body.
	Status int
	// OtherStatuses are further statuses of success, with the same headers and body.
	OtherStatuses []int
	// Errors are further error statuses, besides those that every operation has.
	Errors []int
	// Refusals has the status of each refusal's reason. Other reasons are 422.
	Refusals map[string]int
	// MaxBody in bytes; DefaultMaxBody when 0.
	MaxBody int64
	// MediaTypes of a body that is not JSON: text/csv. The operation's input has it as RawBody.
	MediaTypes []string
	// Timeout of the operation after its body has arrived; DefaultTimeout when 0, at most 55 s,
	// because gateways commonly wait 60 s for an answer.
	Timeout time.Duration
}

const maxTimeout = 55 * time.Second

// Handle serves an operation. The caller is auth.FromContext(ctx). An error of the handler is
// answered as a problem: a *Problem unchanged, a *refusal.Refusal by Refused, an unavailable
// dependency with 503, any other error with 500 and only a trace id.
func Handle[In, Out any](api *API, op Op, h func(ctx context.Context, in *In) (*Out, error)) {
	op.Timeout = cmp.Or(op.Timeout, DefaultTimeout)
	if op.Timeout < 0 || op.Timeout > maxTimeout {
		panic(fmt.Sprintf("rest: %s: the timeout must be between 0 and %s, not %s", op.ID, maxTimeout, op.Timeout))
	}
	api.names.describing(op.ID, reflect.TypeFor[In](), reflect.TypeFor[Out]())
	huma.Register(api.huma, api.operation(op), func(ctx context.Context, in *In) (*Out, error) {
		ctx, cancel := context.WithTimeout(ctx, op.Timeout)
		defer cancel()
		out, err := h(ctx, in)
		if err != nil {
			return nil, problemOf(ctx, err, op.Refusals)
		}
		return out, nil
	})
	api.describeOthers(op)
	api.describeMediaTypes(op)
	api.describeConditions(op)
	api.describeRefusals(op)
}

// Serve serves an operation whose input is the request of a use case, and whose answer is a body
// alone. What handle returns besides an error is not looked at.
func Serve[In, Body any](api *API, op Op, handle func(ctx context.Context, in In) (Body, error)) {
	type answer struct{ Body Body }
	Handle(api, op, func(ctx context.Context, in *In) (*answer, error) {
		body, err := handle(ctx, *in)
		return &answer{body}, err
	})
}

func (a *API) operation(op Op) huma.Operation {
	if op.Scope != Public && a.verifier == nil {
		panic(fmt.Sprintf("rest: %s needs a token, but the API has no verifier", op.ID))
	}
	limit := cmp.Or(op.MaxBody, DefaultMaxBody)
	operation := huma.Operation{
		Method: op.Method, Path: op.Path, OperationID: op.ID,
		Summary: op.Summary, Description: op.Description, Tags: op.Tags,
		DefaultStatus: op.Status,
		Errors:        errorsOf(op),
		// receive has read the body already, within its limits.
		MaxBodyBytes: -1, BodyReadTimeout: -1,
		Middlewares: huma.Middlewares{
			a.remember, checkHeaders, a.authenticate(op.Scope), a.limit, checkQuery, checkAccept, checkConditions,
			a.receive(limit, op.MediaTypes, op.Timeout),
		},
	}
	switch op.Scope {
	case Public:
		operation.Security = []map[string][]string{}
	case "":
		operation.Security = []map[string][]string{{bearerScheme: {}}}
	default:
		a.huma.OpenAPI().Components.SecuritySchemes[op.Scope] = bearer(op.Scope)
		operation.Security = []map[string][]string{{op.Scope: {}}}
	}
	return operation
}

// bearer is the security scheme of a token with a scope. Each scope has a scheme of its own, named
// after it: only OAuth 2.0 flows list scopes, and which flows there are is the issuer's.
func bearer(scope string) *huma.SecurityScheme {
	description := "An access token of the OpenID Connect issuer that the service trusts"
	if scope != "" {
		description += ", with the scope " + scope
	}
	return &huma.SecurityScheme{Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: description + "."}
}

// describeOthers describes the other statuses as Huma described the default one.
func (a *API) describeOthers(op Op) {
	operation := a.described(op)
	for _, status := range op.OtherStatuses {
		also := *operation.Responses[strconv.Itoa(operation.DefaultStatus)]
		also.Description = http.StatusText(status)
		operation.Responses[strconv.Itoa(status)] = &also
	}
}

// describeMediaTypes describes all media types of a body that is not JSON; the input has one of them.
func (a *API) describeMediaTypes(op Op) {
	for _, mediaType := range op.MediaTypes {
		a.described(op).RequestBody.Content[mediaType] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
}

// describeConditions describes If-None-Match for reads with an ETag.
func (a *API) describeConditions(op Op) {
	operation := a.described(op)
	success := operation.Responses[strconv.Itoa(operation.DefaultStatus)]
	if !isRead(op.Method) || success == nil || success.Headers["ETag"] == nil {
		return
	}
	operation.Parameters = append(operation.Parameters, &huma.Param{
		Name: "If-None-Match", In: "header", Schema: &huma.Schema{Type: huma.TypeString},
		Description: "The ETag of the version you have: when it is still the current one, the answer is 304 without a body.",
	})
	operation.Responses[strconv.Itoa(http.StatusNotModified)] = &huma.Response{
		Description: "Not modified: If-None-Match has the current version.", Headers: success.Headers,
	}
}

// describeRefusals adds the types of refusals to the descriptions of their statuses.
func (a *API) describeRefusals(op Op) {
	operation := a.described(op)
	for _, reason := range slices.Sorted(maps.Keys(op.Refusals)) {
		response := operation.Responses[strconv.Itoa(op.Refusals[reason])]
		separator := ", "
		if !strings.Contains(response.Description, ": ") {
			separator = ": "
		}
		response.Description += separator + slug(reason)
	}
}

// described returns the operation of the OpenAPI document.
func (a *API) described(op Op) *huma.Operation {
	for _, operation := range operationsOf(a.huma.OpenAPI().Paths[op.Path]) {
		if operation.OperationID == op.ID {
			return operation
		}
	}
	panic("rest: " + op.ID + " is not described")
}

func operationsOf(path *huma.PathItem) []*huma.Operation {
	all := []*huma.Operation{path.Get, path.Post, path.Put, path.Patch, path.Delete}
	return slices.DeleteFunc(all, func(o *huma.Operation) bool { return o == nil })
}

// errorsOf adds what every operation of its kind can answer with.
func errorsOf(op Op) []int {
	statuses := []int{
		http.StatusBadRequest, http.StatusNotAcceptable, http.StatusUnprocessableEntity,
		http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable,
	}
	if op.Scope != Public {
		statuses = append(statuses, http.StatusUnauthorized, http.StatusForbidden)
	}
	if takesBody(op.Method) {
		statuses = append(statuses, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	statuses = append(append(statuses, op.Errors...), slices.Collect(maps.Values(op.Refusals))...)
	slices.Sort(statuses)
	return slices.Compact(statuses)
}

func takesBody(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}
