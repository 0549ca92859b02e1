package rest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/rest"
)

func TestAnOrderIsTakenAndItsCallerKnown(t *testing.T) {
	w := newWorld(t)
	a := w.place(oneLine)
	require.Equal(t, 201, a.StatusCode, a.body)
	assert.Equal(t, `"7"`, a.Header.Get("ETag"))
	assert.Equal(t, "application/json", a.Header.Get("Content-Type"))
	assert.JSONEq(t, `{"caller":"ada","lines":1,"note":""}`, a.body)
}

func TestWhoMayCall(t *testing.T) {
	w := newWorld(t)
	operator := w.issuer.Token(t, "olga", auth.ScopeOperator)

	a := w.call("POST", "/v1/orders", "", oneLine, "Idempotency-Key", "k1")
	a.problem(401, "unauthenticated")
	assert.Equal(t, `Bearer realm="ordersaga"`, a.Header.Get("WWW-Authenticate"))

	a = w.call("POST", "/v1/orders", "nonsense", oneLine, "Idempotency-Key", "k1")
	a.problem(401, "invalid-token")
	assert.Contains(t, a.Header.Get("WWW-Authenticate"), `error="invalid_token"`)

	a = w.call("GET", "/v1/orders", "", "", "Authorization", "Basic YTpi")
	a.problem(401, "unauthenticated")

	a = w.call("DELETE", "/v1/products/TEA", w.shopper(), "")
	a.problem(403, "forbidden")
	assert.Contains(t, a.Header.Get("WWW-Authenticate"), `error="insufficient_scope", scope="ordersaga.operator"`)

	for _, scopes := range [][]string{{auth.ScopeService}, {auth.ScopeOperator, auth.ScopeService}} {
		program := w.issuer.Token(t, "orders", scopes...)
		w.call("POST", "/v1/orders", program, oneLine, "Idempotency-Key", "k1").problem(403, "forbidden")
		w.call("DELETE", "/v1/products/TEA", program, "").problem(403, "forbidden")
	}

	assert.Equal(t, 204, w.call("DELETE", "/v1/products/TEA", operator, "").StatusCode)
	for _, path := range []string{"/v1/terms", "/livez", "/readyz", "/openapi.json", "/openapi.yaml", "/docs/"} {
		assert.Equal(t, 200, w.call("GET", path, "", "").StatusCode, "%s needs no token", path)
	}
	// The body of somebody unknown is not even read.
	w.call("POST", "/v1/orders", "", `{"lines":`, "Idempotency-Key", "k1").problem(401, "unauthenticated")
}

func TestAnIssuerThatIsAwayIs503(t *testing.T) {
	w := newWorld(t)
	token := w.shopper()
	w.issuer.Down.Store(true)
	a := w.call("GET", "/v1/orders", token, "")
	a.problem(503, "unavailable")
	assert.Equal(t, "1", a.Header.Get("Retry-After"))
}

func TestJSONIsReadStrictly(t *testing.T) {
	w := newWorld(t)
	line := func(more string) string { return `{"lines":[{"sku":"TEA","quantity":2` + more + `}]}` }
	for name, test := range map[string]struct {
		body, slug string
		status     int
		detail     string
	}{
		"cut off":               {`{"lines":[`, "malformed-json", 400, "The body is not valid JSON at byte 10: unexpected end of JSON input."},
		"trailing data":         {oneLine + `{}`, "malformed-json", 400, "after top-level value"},
		"two values":            {oneLine + oneLine, "malformed-json", 400, "after top-level value"},
		"name twice":            {line(`,"quantity":1`), "malformed-json", 400, `The name "quantity" appears twice in one object.`},
		"name twice, escaped":   {line(`,"\u0071uantity":1`), "malformed-json", 400, `The name "quantity" appears twice in one object.`},
		"name twice at the top": {`{"lines":[],"lines":[{"sku":"TEA","quantity":2}]}`, "malformed-json", 400, `"lines" appears twice`},
		"invalid UTF-8":         {`{"lines":[{"sku":"` + "\xff" + `","quantity":2}]}`, "malformed-json", 400, "not valid UTF-8"},
		"half a surrogate":      {`{"lines":[{"sku":"\ud800","quantity":2}]}`, "malformed-json", 400, `\ud800 without its other half`},
		"NUL":                   {`{"lines":[{"sku":"a\u0000","quantity":2}]}`, "malformed-json", 400, `\u0000`},
		"not JSON":              {`lines: []`, "malformed-json", 400, "not valid JSON"},
		"NaN":                   {`{"lines":[{"sku":"TEA","quantity":NaN}]}`, "malformed-json", 400, "not valid JSON"},
		"too deep":              {strings.Repeat("[", 20_000), "malformed-json", 400, "exceeded max depth"},
		"unknown name":          {line(`,"price":1`), "validation-failed", 422, "body.lines[0].price: unexpected property"},
		"name in other case":    {`{"Lines":[{"sku":"TEA","quantity":2}]}`, "validation-failed", 422, "expected required property lines"},
		"no object":             {`[]`, "validation-failed", 422, "body: expected object"},
		"null":                  {`null`, "validation-failed", 422, "body: expected object"},
		"text for a number":     {`{"lines":[{"sku":"TEA","quantity":"2"}]}`, "validation-failed", 422, "body.lines[0].quantity: expected integer"},
		"fraction":              {`{"lines":[{"sku":"TEA","quantity":1.5}]}`, "validation-failed", 422, "body.lines[0].quantity: expected integer"},
		"nearly whole":          {`{"lines":[{"sku":"TEA","quantity":1.0000000000000000001}]}`, "validation-failed", 422, "body.lines[0].quantity: a number 1.0000000000000000001 does not fit here"},
		"too small":             {`{"lines":[{"sku":"TEA","quantity":0}]}`, "validation-failed", 422, "body.lines[0].quantity: expected number >= 1"},
		"too large":             {`{"lines":[{"sku":"TEA","quantity":100001}]}`, "validation-failed", 422, "body.lines[0].quantity: expected number <= 100000"},
		"far too large":         {`{"lines":[{"sku":"TEA","quantity":1},{"sku":"TEA","quantity":1e400}]}`, "validation-failed", 422, "body.lines[1].quantity: expected integer"},
		"larger than an int64":  {`{"lines":[{"sku":"TEA","quantity":1}],"paid":9223372036854775808}`, "validation-failed", 422, "body.paid: a number 9223372036854775808 does not fit here"},
		"in a later line":       {`{"lines":[{"sku":"TEA","quantity":1},{"sku":"TEA","quantity":1,"weights":[1,99999999999999999999]}]}`, "validation-failed", 422, "body.lines[1].weights[1]: a number 99999999999999999999 does not fit here"},
		"above a large limit":   {`{"lines":[{"sku":"TEA","quantity":1}],"points":9007199254740992}`, "validation-failed", 422, "body.points: expected number <= 9007199254740991"},
		"missing":               {`{"lines":[{"sku":"TEA"}]}`, "validation-failed", 422, "expected required property quantity to be present"},
		"no lines":              {`{"lines":[]}`, "validation-failed", 422, "expected array length >= 1"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			p := w.place(test.body).problem(test.status, test.slug)
			assert.Contains(t, p.Detail, test.detail)
			if test.status == 422 {
				assert.NotEmpty(t, p.Errors, "the fields are named")
			}
		})
	}
	w.t = t
	a := w.place(`{"lines":[{"sku":"TEA","quantity":2}],"note":"caf\u00e9 \ud83c\udf75 \\u0000"}`)
	require.Equal(t, 201, a.StatusCode, a.body)
	assert.Contains(t, a.body, `café 🍵 \\u0000`, "good escapes pass, and an escaped backslash is none")
}

func TestANumberIsAnIntegerHoweverItIsWritten(t *testing.T) {
	w := newWorld(t)
	var quantities []int64
	w.answer = func(_ context.Context, in *placeOrder) (*placed, error) {
		quantities = nil
		for _, line := range in.Body.Lines {
			quantities = append(quantities, line.Quantity)
		}
		return &placed{}, nil
	}
	a := w.place(`{"lines":[{"sku":"TEA","quantity":1.0},{"sku":"TEA","quantity":1e2},{"sku":"TEA","quantity":20.0e-1},{"sku":"1.0","quantity":1.5E1}]}`)
	require.Equal(t, 201, a.StatusCode, a.body)
	assert.Equal(t, []int64{1, 100, 2, 15}, quantities)
}

func TestManyFaultsAreToldInBounds(t *testing.T) {
	w := newWorld(t)
	var members []string
	for i := range 10_000 {
		members = append(members, fmt.Sprintf(`"x%d":1`, i))
	}
	a := w.place(`{"lines":[{"sku":"TEA","quantity":1}],` + strings.Join(members, ",") + `}`)
	assert.Len(t, a.problem(422, "validation-failed").Errors, 100)
	a = w.place(`{"lines":[{"sku":"TEA","quantity":1}],"` + strings.Repeat("ä", 100_000) + `":1}`)
	a.problem(422, "validation-failed")
	assert.Less(t, len(a.body), 2_000, "a name is not told at any length")
	assert.True(t, utf8.ValidString(a.body))
	a = w.call("GET", "/v1/orders?"+strings.Repeat("x=&", 5_000)+strings.Repeat("y", 5_000), w.shopper(), "")
	a.problem(400, "invalid-query")
	assert.Less(t, len(a.body), 2_000)
	for i := range 1_000 {
		members[i] = fmt.Sprintf("x%d=1", i)
	}
	a = w.call("GET", "/v1/orders?"+strings.Join(members[:1_000], "&"), w.shopper(), "")
	assert.Len(t, a.problem(400, "invalid-query").Errors, 100)
}

func TestProblemsAreReadAsTheyAreWritten(t *testing.T) {
	w := newWorld(t)
	a := w.place(`{"lines":[{"sku":"TEA","quantity":0}]}`)
	a.problem(422, "validation-failed")
	assert.Contains(t, a.body, "expected number >= 1")
	w.answer = func(context.Context, *placeOrder) (*placed, error) {
		return nil, rest.NewProblem(422, "too-few", "1 < 2 & 3 > 2").With("of", "<a>&\u2028")
	}
	a = w.place(oneLine)
	assert.Contains(t, a.body, `"1 < 2 & 3 > 2"`)
	assert.Contains(t, a.body, `"<a>&`)
}

func TestEveryFieldThatIsWrongIsNamedAtOnce(t *testing.T) {
	w := newWorld(t)
	p := w.place(`{"lines":[{"sku":"","quantity":2},{"sku":"TEA","quantity":0}],"colour":1}`).problem(422, "validation-failed")
	var fields []string
	for _, e := range p.Errors {
		fields = append(fields, e.Field)
	}
	assert.ElementsMatch(t, []string{"body.lines[0].sku", "body.lines[1].quantity", "body.colour"}, fields)
}

func TestWhatWasSentIsNotEchoed(t *testing.T) {
	w := newWorld(t)
	assert.NotContains(t, w.place(`{"lines":"hunter2"}`).body, "hunter2")
	assert.NotContains(t, w.place(`{"lines":hunter2}`).body, "hunter2")
}

func TestAMissingHeaderIs400(t *testing.T) {
	w := newWorld(t)
	p := w.call("POST", "/v1/orders", w.shopper(), oneLine).problem(400, "missing-header")
	assert.Equal(t, "The header Idempotency-Key is required.", p.Detail)
	w.call("POST", "/v1/orders", w.shopper(), oneLine, "Idempotency-Key", strings.Repeat("k", 256)).problem(422, "validation-failed")
}

func TestOnlyJSONIsRead(t *testing.T) {
	w := newWorld(t)
	for _, media := range []string{"application/x-www-form-urlencoded", "text/plain", "application/cbor", "application/json; charset=latin1", "nonsense;;", "application/vnd.x+json"} {
		a := w.call("POST", "/v1/orders", w.shopper(), oneLine, "Idempotency-Key", "k1", "Content-Type", media)
		a.problem(415, "unsupported-media-type")
	}
	for _, media := range []string{"application/json", "application/json; charset=utf-8", "Application/JSON"} {
		assert.Equal(t, 201, w.call("POST", "/v1/orders", w.shopper(), oneLine, "Idempotency-Key", "k1", "Content-Type", media).StatusCode)
	}
	w.call("POST", "/v1/orders", w.shopper(), "", "Idempotency-Key", "k1").problem(400, "bad-request")
}

func TestTheBodyHasALimit(t *testing.T) {
	w := newWorld(t)
	assert.Equal(t, 201, w.place(padded(256<<10)).StatusCode, "the last allowed size")
	w.place(padded(256<<10+1)).problem(413, "body-too-large")

	// Without a Content-Length the limit is met while reading.
	request, err := http.NewRequestWithContext(t.Context(), "POST", w.url+"/v1/orders", struct{ *strings.Reader }{strings.NewReader(padded(1 << 20))})
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+w.shopper())
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", "k1")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Equal(t, 413, response.StatusCode)
}

func TestPathsAndQueries(t *testing.T) {
	w := newWorld(t)
	w.call("GET", "/nowhere", "", "").problem(404, "not-found")
	a := w.call("PUT", "/v1/orders", w.shopper(), oneLine)
	a.problem(405, "method-not-allowed")
	assert.Contains(t, a.Header.Get("Allow"), "POST")

	a = w.call("GET", "/v1/orders?limit=5", w.shopper(), "")
	assert.Contains(t, a.body, `"limit":5`)
	assert.Contains(t, w.call("GET", "/v1/orders", w.shopper(), "").body, `"limit":20`, "the default")
	w.call("GET", "/v1/orders?limit=500", w.shopper(), "").problem(422, "validation-failed")
	w.call("GET", "/v1/orders?limit=many", w.shopper(), "").problem(422, "validation-failed")
	p := w.call("GET", "/v1/orders?limt=5", w.shopper(), "").problem(400, "invalid-query")
	assert.Equal(t, "query.limt", p.Errors[0].Field, "a misspelt filter is not ignored")

	assert.Contains(t, w.call("GET", "/v1/orders/a%2Fb%20c", w.shopper(), "").body, `"id":"a/b c"`)
	w.call("GET", "/v1/orders/a%00b", w.shopper(), "").problem(400, "bad-request")
	w.call("GET", "/v1/orders/%ff", w.shopper(), "").problem(400, "bad-request")
	w.call("GET", "/v1/orders?cursor=%00", w.shopper(), "").problem(400, "bad-request")
}

func TestPagesFollowTheirCursor(t *testing.T) {
	w := newWorld(t)
	first := w.call("GET", "/v1/orders", w.shopper(), "")
	_, after, _ := strings.Cut(first.body, `"next":"`)
	cursor, _, _ := strings.Cut(after, `"`)
	require.NotEmpty(t, cursor)
	assert.Contains(t, w.call("GET", "/v1/orders?cursor="+cursor, w.shopper(), "").body, `"after":"o-20"`)
	for _, bad := range []string{"x", cursor + "A", cursor[1:], strings.ToUpper(cursor), "AAAAAAAAAAAAAAAA"} {
		w.call("GET", "/v1/orders?cursor="+bad, w.shopper(), "").problem(400, "invalid-cursor")
	}
}

func TestACursorIsNotForged(t *testing.T) {
	w := newWorld(t)
	for _, position := range []string{`{"id":"o-20"}`, `{"id":"\u0000"}`, `{"id":"x' OR ''='"}`} {
		unkeyed := sha256.Sum256([]byte("orders\x00" + position))
		guessed := hmac.New(sha256.New, nil)
		guessed.Write([]byte("orders\x00" + position))
		for _, tag := range [][]byte{unkeyed[:6], unkeyed[:16], guessed.Sum(nil)[:16], make([]byte, 16), nil} {
			cursor := base64.RawURLEncoding.EncodeToString(append(tag[:len(tag):len(tag)], position...))
			w.call("GET", "/v1/orders?cursor="+cursor, w.shopper(), "").problem(400, "invalid-cursor")
		}
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	w := newWorld(t)
	a := w.call("GET", "/v1/orders", w.shopper(), "", "X-Request-Id", "abc-123")
	assert.Equal(t, "abc-123", a.Header.Get("X-Request-Id"), "the caller's id is kept")
	assert.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"))
	assert.Equal(t, "no-store", a.Header.Get("Cache-Control"))
	assert.Contains(t, a.Header.Get("Content-Security-Policy"), "default-src 'none'")
	a = w.call("GET", "/v1/orders", w.shopper(), "", "X-Request-Id", `"}{"`)
	assert.NotEqual(t, `"}{"`, a.Header.Get("X-Request-Id"), "one that could break a log is not")
	assert.NotEmpty(t, a.Header.Get("X-Request-Id"))
}

func TestAnOperationHasADeadline(t *testing.T) {
	w := newWorld(t)
	bounded := false
	w.answer = func(ctx context.Context, _ *placeOrder) (*placed, error) {
		_, bounded = ctx.Deadline()
		return &placed{}, nil
	}
	w.place(oneLine)
	assert.True(t, bounded)
}
