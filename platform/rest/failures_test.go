package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/unavailable"
)

func TestFailuresAreProblems(t *testing.T) {
	telemetry.SetupForTest(t, tracetest.NewInMemoryExporter())
	w := newWorld(t)
	conflict := rest.NewProblem(409, "prices-moved", "The total is 12.00 now.").With("total", 1200).WithHeader("X-Hint", "look again")
	for name, test := range map[string]struct {
		failure error
		status  int
		slug    string
	}{
		"problem":           {fmt.Errorf("quote: %w", conflict), 409, "prices-moved"},
		"refusal":           {fmt.Errorf("reserve: %w", refusal.New("out_of_stock", "Only 3 of TEA are left.", map[string]any{"sku": "TEA", "left": 3})), 422, "out-of-stock"},
		"unavailable":       {fmt.Errorf("authorize: %w", unavailable.New("The provider does not answer", errors.New("dial 10.0.0.7: hunter2"))), 503, "unavailable"},
		"network":           {fmt.Errorf("quote: %w", &net.OpError{Op: "dial", Err: errors.New("10.0.0.7")}), 503, "unavailable"},
		"grpc unavailable":  {fmt.Errorf("quote: %w", status.Error(codes.Unavailable, "dial 10.0.0.7")), 503, "unavailable"},
		"deadline":          {fmt.Errorf("select: %w", context.DeadlineExceeded), 503, "unavailable"},
		"read-only":         {fmt.Errorf("reserve: %w", &pgconn.PgError{Code: "25006", Message: "cannot execute UPDATE"}), 503, "unavailable"},
		"constraint":        {fmt.Errorf("reserve: %w", &pgconn.PgError{Code: "23514", Message: "hunter2"}), 500, "internal-error"},
		"unknown":           {errors.New("password authentication failed for user hunter2"), 500, "internal-error"},
		"grpc bad argument": {status.Error(codes.InvalidArgument, "hunter2"), 500, "internal-error"},
		"panic":             {nil, 500, "internal-error"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.answer = func(context.Context, *placeOrder) (*placed, error) {
				if test.failure == nil {
					panic("hunter2")
				}
				return nil, test.failure
			}
			a := w.place(oneLine)
			p := a.problem(test.status, test.slug)
			assert.Len(t, p.Extra["trace_id"], 32)
			assert.NotContains(t, a.body, "hunter2", "insides stay inside")
			assert.NotContains(t, a.body, "10.0.0.7")
			if test.status == 503 {
				assert.Equal(t, "1", a.Header.Get("Retry-After"))
			}
		})
	}
	w.t = t
	w.answer = func(context.Context, *placeOrder) (*placed, error) { return nil, conflict }
	a := w.place(oneLine)
	assert.Equal(t, "look again", a.Header.Get("X-Hint"))
	p := a.problem(409, "prices-moved")
	assert.Equal(t, 1200.0, p.Extra["total"])
	assert.NotContains(t, conflict.Extra, "trace_id", "a problem kept as a value does not gather other answers' members")

	w.answer = func(context.Context, *placeOrder) (*placed, error) {
		return nil, refusal.New("out_of_stock", "Only 3 of TEA are left.", map[string]any{"sku": "TEA", "left": 3})
	}
	p = w.place(oneLine).problem(422, "out-of-stock")
	assert.Equal(t, "Out of stock", p.Title)
	assert.Equal(t, "Only 3 of TEA are left.", p.Detail)
	assert.Equal(t, "TEA", p.Extra["sku"])
	assert.Equal(t, 3.0, p.Extra["left"])

	w.answer = func(context.Context, *placeOrder) (*placed, error) {
		return nil, fmt.Errorf("place: %w", unavailable.New("The order is not known to be taken", errors.New("boom")))
	}
	assert.Equal(t, "The order is not known to be taken.", w.place(oneLine).problem(503, "unavailable").Detail)

	w.answer = func(context.Context, *placeOrder) (*placed, error) {
		return nil, refusal.New("price_changed", "The total is another now", nil)
	}
	w.place(oneLine).problem(409, "price-changed")
}

func TestARefusalIsToldInOneShape(t *testing.T) {
	for name, test := range map[string]struct {
		refusal *refusal.Refusal
		want    string
	}{
		"of an identifier": {
			refusal.New("out_of_stock", "mug-73e4: 20 wanted, 3 left", nil),
			`{"type":"https://ordersaga.dev/problems/out-of-stock","title":"Out of stock","status":422,"detail":"mug-73e4: 20 wanted, 3 left."}`,
		},
		"of another script": {
			refusal.New("out_of_stock", "äußerst wenig da!", nil),
			`{"type":"https://ordersaga.dev/problems/out-of-stock","title":"Out of stock","status":422,"detail":"äußerst wenig da!"}`,
		},
		"with members": {
			refusal.New("out_of_stock", "Too few.", map[string]any{"shortages": []any{map[string]any{"sku": "a>b", "left": 9007199254740993}}, "status": 1}),
			`{"type":"https://ordersaga.dev/problems/out-of-stock","title":"Out of stock","status":422,"detail":"Too few.","shortages":[{"left":9007199254740993,"sku":"a>b"}]}`,
		},
		"with a list": {
			refusal.New("no", "", []int{1}),
			`{"type":"https://ordersaga.dev/problems/no","title":"No","status":422,"details":[1]}`,
		},
		"with what is hidden": {
			&refusal.Refusal{Reason: "payment_declined", Message: "no\x00\x1b[31m \xff\u202e", Details: []byte("{\"decline_code\":\"a\\u0000b\\u202e\"}")},
			`{"type":"https://ordersaga.dev/problems/payment-declined","title":"Payment declined","status":422,"detail":"no[31m �.","decline_code":"ab"}`,
		},
		"with nonsense": {&refusal.Refusal{Reason: "no", Details: []byte("{")}, `{"type":"https://ordersaga.dev/problems/no","title":"No","status":422}`},
	} {
		encoded, err := rest.Refused(422, test.refusal).MarshalJSON()
		require.NoError(t, err)
		assert.Equal(t, test.want, string(encoded), name)
	}
	long, err := rest.Refused(422, refusal.New("no", strings.Repeat("ä", 900_000), map[string]string{"code": strings.Repeat("x", 900_000)})).MarshalJSON()
	require.NoError(t, err)
	assert.Less(t, len(long), 5_000)
}

func TestAProblemFlattensItsMembersAndKeepsItsOwn(t *testing.T) {
	p := rest.NewProblem(422, "out-of-stock", "None left.").With("sku", "TEA").With("status", 200)
	encoded, err := json.Marshal(p)
	require.NoError(t, err)
	assert.JSONEq(t, `{"type":"https://ordersaga.dev/problems/out-of-stock","title":"Out of stock","status":422,"detail":"None left.","sku":"TEA"}`, string(encoded))
	var back rest.Problem
	require.NoError(t, json.Unmarshal(encoded, &back))
	assert.Equal(t, map[string]any{"sku": "TEA"}, back.Extra)
	assert.EqualError(t, p, "422 Out of stock: None left.")
}

func TestIfMatch(t *testing.T) {
	for header, want := range map[string][]int64{
		rest.ETag(42): {42}, rest.ETag(42, 7, 1): {42}, "*": nil, ` "1", W/"2" ,"3"`: {1, 3}, `"x", "7", "07"`: {7},
	} {
		versions, err := rest.IfMatch(header)
		require.NoError(t, err, "If-Match: %s", header)
		assert.Equal(t, want, versions, "If-Match: %s", header)
	}
	for header, want := range map[string]int{
		"": 428, " ": 428, "7": 400, `"`: 400, `"1" "2"`: 400, "*, *": 400, ",": 400, `W/7`: 400, "\"a b\"": 400,
		`W/"7"`: 412, `"x"`: 412, `"-1"`: 412, `"07"`: 412, `"7."`: 412, `"7.x"`: 412, `"99999999999999999999"`: 412, `"1,2"`: 412,
	} {
		_, err := rest.IfMatch(header)
		var p *rest.Problem
		require.ErrorAs(t, err, &p, "If-Match: %s", header)
		assert.Equal(t, want, p.Status, "If-Match: %s", header)
	}
}

func TestACursorIsGoodForItsListOnly(t *testing.T) {
	ctx := rest.CursorsBy("secret", "Orders")
	cursor := rest.NewCursor(ctx, "orders/ada", position{ID: "o-1"})
	at, err := rest.ReadCursor[position](ctx, "orders/ada", cursor)
	require.NoError(t, err)
	assert.Equal(t, "o-1", at.ID)
	_, err = rest.ReadCursor[position](ctx, "products", cursor)
	require.Error(t, err)
	_, err = rest.ReadCursor[struct{ Other int }](ctx, "orders/ada", cursor)
	require.Error(t, err, "a position of another shape, after an upgrade")
	_, err = rest.ReadCursor[position](rest.CursorsBy("other", "Orders"), "orders/ada", cursor)
	require.Error(t, err, "a cursor of another secret")
	_, err = rest.ReadCursor[position](rest.CursorsBy("secret", "Catalog"), "orders/ada", cursor)
	require.Error(t, err, "a cursor of another service with the same secret")
	_, err = rest.ReadCursor[position](rest.CursorsBy("secret", "Orders"), "orders/ada", cursor)
	require.NoError(t, err, "a cursor of another instance")
	at, err = rest.ReadCursor[position](ctx, "products", "")
	require.NoError(t, err, "the beginning of any list")
	assert.Zero(t, at)
}

func TestPagesHaveEveryItemOnceAndTheLastOneHasNoCursor(t *testing.T) {
	all := []string{"a", "b", "c", "d"}
	read := func(after position, limit int) ([]string, error) {
		begin := 0
		for begin < len(all) && all[begin] <= after.ID {
			begin++
		}
		return all[begin:min(begin+limit, len(all))], nil
	}
	for _, limit := range []int{1, 2, 3, 4, 5} {
		var seen []string
		var cursor rest.Cursor
		for pages := 1; ; pages++ {
			items, next, err := rest.Page(rest.CursorsBy("secret", "Orders"), "letters", cursor, limit, read, func(item string) position { return position{ID: item} })
			require.NoError(t, err)
			require.LessOrEqual(t, len(items), limit)
			seen = append(seen, items...)
			if cursor = next; cursor == "" {
				assert.Equal(t, (len(all)+limit-1)/limit, pages, "no empty page at the end, %d on a page", limit)
				break
			}
		}
		assert.Equal(t, all, seen, "%d on a page", limit)
	}
}
