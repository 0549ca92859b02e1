package rest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/rest"
)

// What RFC 9110 says of the headers and parameters we read, also where one of them comes twice, is
// empty, or is no header of its kind.
func TestHeadersAndQueriesAreReadByTheStandard(t *testing.T) {
	w := newWorld(t)
	token := w.shopper()
	const bearer, order, list = "Bearer ", "/v1/orders/o-1", "/v1/orders"
	for name, test := range map[string]struct {
		method, target string
		headers        []string
		status         int
		slug           string
		detail         string
	}{
		// 5.3: only lists may come in several lines.
		"two keys":                     {"POST", list, []string{"Idempotency-Key", "k1", "Idempotency-Key", "k2"}, 400, "repeated-header", "Idempotency-Key"},
		"the same key twice":           {"POST", list, []string{"Idempotency-Key", "k1", "Idempotency-Key", "k1"}, 400, "repeated-header", "Idempotency-Key"},
		"two tokens":                   {"GET", list, []string{"Authorization", bearer + token, "Authorization", bearer + token}, 400, "repeated-header", "Authorization"},
		"a token and another scheme":   {"GET", list, []string{"Authorization", bearer + token, "Authorization", "Basic YTpi"}, 400, "repeated-header", "Authorization"},
		"two content types":            {"POST", list, []string{"Content-Type", "application/json", "Content-Type", "text/plain"}, 400, "repeated-header", "Content-Type"},
		"two content types in a line":  {"POST", list, []string{"Content-Type", "application/json, application/json"}, 415, "unsupported-media-type", ""},
		"two lines of preferences":     {"POST", list, []string{"Prefer", "wait=1", "Prefer", "respond-async"}, 201, "", `"prefer":"wait=1, respond-async"`},
		"two lines of what is matched": {"PUT", order, []string{"If-Match", `"6"`, "If-Match", `"7"`}, 200, "", ""},
		"two codings":                  {"POST", list, []string{"Content-Encoding", "identity", "Content-Encoding", "identity"}, 201, "", ""},
		"two lines of what is read":    {"GET", order, []string{"Accept", "text/html", "Accept", "application/json"}, 200, "", ""},

		// 8.3: media types.
		"a quoted charset":   {"POST", list, []string{"Content-Type", `application/json; charset="utf-8"`}, 201, "", ""},
		"two charsets":       {"POST", list, []string{"Content-Type", "application/json; charset=utf-8; charset=latin1"}, 415, "unsupported-media-type", ""},
		"another charset":    {"POST", list, []string{"Content-Type", "application/json; charset=utf-16"}, 415, "unsupported-media-type", ""},
		"an unknown setting": {"POST", list, []string{"Content-Type", "application/json; profile=x"}, 201, "", ""},

		// 12.5.1: what the client can read.
		"anything":                   {"GET", order, []string{"Accept", "*/*"}, 200, "", ""},
		"any application":            {"GET", order, []string{"Accept", "text/html, application/*;q=0.1"}, 200, "", ""},
		"JSON of a charset":          {"GET", order, []string{"Accept", "application/json; charset=utf-8"}, 200, "", ""},
		"JSON in capitals":           {"GET", order, []string{"Accept", "APPLICATION/JSON"}, 200, "", ""},
		"as a browser":               {"GET", order, []string{"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, 200, "", ""},
		"an empty list of types":     {"GET", order, []string{"Accept", " "}, 200, "", ""},
		"a page":                     {"GET", order, []string{"Accept", "text/html"}, 406, "not-acceptable", "application/json"},
		"another application":        {"GET", order, []string{"Accept", "application/xml, application/cbor"}, 406, "not-acceptable", ""},
		"all but JSON":               {"GET", order, []string{"Accept", "application/json;q=0, */*"}, 406, "not-acceptable", ""},
		"all but applications":       {"GET", order, []string{"Accept", "*/*, application/*; q=0.000"}, 406, "not-acceptable", ""},
		"of applications only JSON":  {"GET", order, []string{"Accept", "application/*;q=0, application/json;q=0.5"}, 200, "", ""},
		"a page of an order":         {"POST", list, []string{"Accept", "text/html"}, 406, "not-acceptable", ""},
		"no list of types":           {"GET", order, []string{"Accept", ";;;"}, 406, "not-acceptable", ""},
		"what a client cannot parse": {"GET", order, []string{"Accept", "application/problem+json"}, 406, "not-acceptable", ""},

		// 13.1.1, 13.2: a change of a version that was seen.
		"the version":               {"PUT", order, []string{"If-Match", `"7"`}, 200, "", ""},
		"any version":               {"PUT", order, []string{"If-Match", "*"}, 200, "", ""},
		"one of several":            {"PUT", order, []string{"If-Match", `"5" , "7","9"`}, 200, "", ""},
		"an empty member":           {"PUT", order, []string{"If-Match", `, "7",`}, 200, "", ""},
		"a tag with a comma":        {"PUT", order, []string{"If-Match", `"a,b", "7"`}, 200, "", ""},
		"none of several":           {"PUT", order, []string{"If-Match", `"5", "9"`}, 412, "precondition-failed", ""},
		"a weak tag":                {"PUT", order, []string{"If-Match", `W/"7"`}, 412, "precondition-failed", "Weak"},
		"a weak tag and a good one": {"PUT", order, []string{"If-Match", `W/"6", "7"`}, 200, "", ""},
		"no version":                {"PUT", order, nil, 428, "precondition-required", ""},
		"an empty one":              {"PUT", order, []string{"If-Match", " "}, 428, "precondition-required", ""},
		"no tag":                    {"PUT", order, []string{"If-Match", "7"}, 400, "invalid-header", "If-Match"},
		"half a tag":                {"PUT", order, []string{"If-Match", `"7`}, 400, "invalid-header", "If-Match"},
		"a tag and any":             {"PUT", order, []string{"If-Match", `"7", *`}, 400, "invalid-header", "If-Match"},
		"a small letter":            {"PUT", order, []string{"If-Match", `w/"7"`}, 400, "invalid-header", "If-Match"},
		"where nothing has one":     {"POST", list, []string{"If-Match", `"7"`}, 412, "precondition-failed", ""},

		// 13.1.2: a reader who has it already.
		"not modified":               {"GET", order, []string{"If-None-Match", `"7"`}, 304, "", ""},
		"not modified, weakly":       {"GET", order, []string{"If-None-Match", `"5", W/"7"`}, 304, "", ""},
		"not modified, in two lines": {"GET", order, []string{"If-None-Match", `"5"`, "If-None-Match", `"7"`}, 304, "", ""},
		"not modified, any":          {"GET", order, []string{"If-None-Match", "*"}, 304, "", ""},
		"not modified, of the head":  {"HEAD", order, []string{"If-None-Match", `"7"`}, 304, "", ""},
		"modified":                   {"GET", order, []string{"If-None-Match", `"6"`}, 200, "", ""},
		"modified, of another kind":  {"GET", order, []string{"If-None-Match", `"x"`}, 200, "", ""},
		"modified, of no tag":        {"GET", order, []string{"If-None-Match", "7"}, 400, "invalid-header", "If-None-Match"},
		"not there, as expected":     {"GET", "/v1/orders/none", []string{"If-None-Match", "*"}, 404, "order-not-found", ""},
		"a read of the version":      {"GET", order, []string{"If-Match", `"7"`}, 200, "", ""},
		"a read of another":          {"GET", order, []string{"If-Match", `"6"`}, 412, "precondition-failed", ""},
		"a list, if there is none":   {"GET", list, []string{"If-None-Match", "*"}, 304, "", ""},
		"a list, of a version":       {"GET", list, []string{"If-None-Match", `"7"`}, 200, "", ""},

		// RFC 3986 and the documents: a query says what it asks, or is refused.
		"a semicolon":            {"GET", list + "?limit=1;x=2", nil, 400, "invalid-query", "semicolon"},
		"a semicolon in a value": {"GET", list + "?cursor=a%3Bb", nil, 400, "invalid-cursor", ""},
		"half an escape":         {"GET", list + "?limit=%3", nil, 400, "invalid-query", "escape"},
		"no escape":              {"GET", list + "?limit=%zz", nil, 400, "invalid-query", "escape"},
		"broken UTF-8":           {"GET", list + "?cursor=%ff", nil, 400, "bad-request", ""},
		"broken UTF-8 in a name": {"GET", list + "?%ff=1", nil, 400, "bad-request", ""},
		"NUL":                    {"GET", list + "?cursor=%00", nil, 400, "bad-request", ""},
		"a parameter twice":      {"GET", list + "?limit=1&limit=2", nil, 400, "invalid-query", "limit"},
		"the same twice":         {"GET", list + "?limit=1&limit=1", nil, 400, "invalid-query", "limit"},
		"one twice, escaped":     {"GET", list + "?limit=1&l%69mit=1", nil, 400, "invalid-query", "limit"},
		"an unknown parameter":   {"GET", list + "?limt=1", nil, 400, "invalid-query", "limt"},
		"one in another case":    {"GET", list + "?Limit=1", nil, 400, "invalid-query", "Limit"},
		"one without a name":     {"GET", list + "?=1", nil, 400, "invalid-query", ""},
		"one without a value":    {"GET", list + "?limit=", nil, 400, "invalid-query", "limit"},
		"one without a sign":     {"GET", list + "?limit", nil, 400, "invalid-query", "limit"},
		"a list of values":       {"GET", list + "?of=a,b", nil, 200, "", `"of":["a","b"]`},
		"a parameter of none":    {"GET", order + "?limit=1", nil, 400, "invalid-query", "limit"},
		"a parameter of a POST":  {"POST", list + "?limit=1", nil, 400, "invalid-query", "limit"},
		"a token as a parameter": {"GET", list + "?access_token=" + token, nil, 400, "invalid-query", ""},
		"a lonely question mark": {"GET", list + "?", nil, 200, "", ""},
		"separators alone":       {"GET", list + "?&&", nil, 200, "", ""},
		"a space as a plus":      {"GET", list + "?of=a+b", nil, 200, "", `"of":["a b"]`},
		"a value above a limit":  {"GET", list + "?limit=101", nil, 422, "validation-failed", "limit"},
		"a value of no number":   {"GET", list + "?limit=1.5", nil, 422, "validation-failed", "limit"},

		// 9: methods.
		"a method of another path": {"DELETE", order, nil, 405, "method-not-allowed", ""},
		"a method of nobody":       {"BREW", order, nil, 405, "method-not-allowed", ""},
		"a trace":                  {"TRACE", order, nil, 405, "method-not-allowed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			body := ""
			headers := test.headers
			if test.method == "POST" {
				body = oneLine
				if len(headers) == 0 || headers[0] != "Idempotency-Key" {
					headers = append([]string{"Idempotency-Key", "k1"}, headers...)
				}
			}
			a := w.call(test.method, test.target, token, body, headers...)
			if test.slug == "" {
				require.Equal(t, test.status, a.StatusCode, a.body)
				assert.Contains(t, a.body, test.detail)
			} else {
				p := a.problem(test.status, test.slug)
				assert.Contains(t, p.Detail, test.detail)
				assert.NotContains(t, a.body, token, "nobody's token is told")
			}
			switch test.status {
			case 304:
				assert.Empty(t, a.body)
				if test.target == order {
					assert.Equal(t, `"7"`, a.Header.Get("ETag"))
				}
				assert.Empty(t, a.Header.Get("Content-Type"), "there is no content")
			case 405:
				assert.Equal(t, "GET, HEAD, OPTIONS, PUT", sorted(a.Header.Get("Allow")))
			}
		})
	}
}

func TestHEADIsGETWithoutABody(t *testing.T) {
	w := newWorld(t)
	for path, token := range map[string]string{
		"/v1/orders": w.shopper(), "/v1/orders/o-1": w.shopper(), "/v1/orders/none": w.shopper(), "/v1/orders?limit=0": w.shopper(),
		"/v1/terms": "", "/v1/orders/o-2": "", "/livez": "", "/readyz": "", "/openapi.json": "", "/openapi.yaml": "", "/docs": "",
		"/docs/": "", "/docs/swagger-ui.css": "", "/nowhere": "",
	} {
		// Without it, the client of the test asks for gzip when it gets and not otherwise.
		coding := []string{"Accept-Encoding", "identity"}
		got, head := w.call("GET", path, token, "", coding...), w.call("HEAD", path, token, "", coding...)
		assert.Equal(t, got.StatusCode, head.StatusCode, path)
		assert.Empty(t, head.body, path)
		for _, name := range []string{"Content-Type", "ETag", "Location", "Content-Security-Policy", "Cache-Control", "WWW-Authenticate"} {
			assert.Equal(t, got.Header.Get(name), head.Header.Get(name), "%s of %s", name, path)
		}
		if got.ContentLength >= 0 && got.StatusCode < 300 {
			assert.Equal(t, got.ContentLength, head.ContentLength, "Content-Length of %s", path)
		}
	}
	a := w.call("OPTIONS", "/v1/orders", "", "")
	assert.Equal(t, 204, a.StatusCode)
	assert.Equal(t, "GET, HEAD, OPTIONS, POST", sorted(a.Header.Get("Allow")))
}

func TestTheDescriptionIsReadAgainOnlyWhenItHasChanged(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/openapi.json", "/openapi.yaml", "/docs/swagger-ui.css"} {
		tag := w.call("GET", path, "", "").Header.Get("ETag")
		require.NotEmpty(t, tag, path)
		assert.Equal(t, http.StatusNotModified, w.call("GET", path, "", "", "If-None-Match", tag).StatusCode)
		assert.Equal(t, 200, w.call("GET", path, "", "", "If-None-Match", `"other"`).StatusCode)
		assert.Equal(t, 200, w.call("GET", path, "", "", "Accept", "application/json").StatusCode, "it is JSON, whatever it is called")
	}
}

func TestPreferencesAreReadByTheStandard(t *testing.T) {
	for header, want := range map[string][]rest.Preference{
		"":                       nil,
		"respond-async":          {{Name: "respond-async"}},
		"Respond-Async, WAIT=10": {{Name: "respond-async"}, {Name: "wait", Value: "10"}},
		`wait = "10" ; x=1`:      {{Name: "wait", Value: "10"}},
		`a="b, wait=5", wait=7`:  {{Name: "a", Value: "b, wait=5"}, {Name: "wait", Value: "7"}},
		`a="x\"y;z", b`:          {{Name: "a", Value: `x"y;z`}, {Name: "b"}},
		"wait=1, wait=2":         {{Name: "wait", Value: "1"}},
		`wait=""`:                {{Name: "wait"}},
		", ,wait=3,":             {{Name: "wait", Value: "3"}},
		`a="open, wait=3`:        nil,
		"wait=1 2, b":            {{Name: "b"}},
		`"wait"=1, b`:            {{Name: "b"}},
	} {
		assert.Equal(t, want, rest.Preferences(header), "Prefer: %s", header)
	}
}

func sorted(list string) string {
	var members []string
	for member := range strings.SplitSeq(list, ",") {
		members = append(members, strings.TrimSpace(member))
	}
	slices.Sort(members)
	return strings.Join(members, ", ")
}
