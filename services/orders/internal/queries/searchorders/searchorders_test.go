package searchorders_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
	"github.com/ordersaga/ordersaga/services/orders/internal/personal"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/searchorders"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

type page struct {
	Orders     []searchorders.FoundOrder `json:"orders"`
	Total      int64                     `json:"total"`
	Facets     []searchorders.Facet      `json:"facets"`
	NextCursor string                    `json:"next_cursor"`
}

// world is a service with some orders, by their references.
type world struct {
	*orderstest.World
	t        *testing.T
	operator *orderstest.Caller
	keys     *personal.Keys
	ids      map[string]string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: orderstest.Start(t, orderstest.WithSearch()), t: t, ids: map[string]string{}}
	w.operator = w.As("op", auth.ScopeOperator)
	keys, err := personal.New(w.DB, "")
	require.NoError(t, err)
	w.keys = keys
	w.place("web-1", "ann", "ann@example.org", 500, domain.Line{Number: 1, SKU: "TEA", Name: "Earl Grey tea", UnitPrice: 250, Quantity: 2})
	w.place("web-2", "ann", "", 1500, domain.Line{Number: 1, SKU: "MUG", Name: "Red retrospot mug", UnitPrice: 1500, Quantity: 1})
	w.place("shop-3", "bob", "Bob@Example.org", 9000,
		domain.Line{Number: 1, SKU: "TEA", Name: "Earl Grey tea", UnitPrice: 4000, Quantity: 2}, domain.Line{Number: 2, SKU: "POT", Name: "Tea pot", UnitPrice: 1000, Quantity: 1})
	w.change("shop-3", func(o *domain.Order) {
		o.Reject(domain.Refused{Reason: "out_of_stock", Message: "only 1 pot is left"}, nil, noon)
	})
	w.Searched()
	return w
}

func (w *world) place(reference, customer, email string, total int64, lines ...domain.Line) {
	w.t.Helper()
	id := uuid.NewString()
	sealed, err := w.keys.Seal(w.t.Context(), customer, id, personal.Data{Email: email})
	require.NoError(w.t, err)
	at := noon.Add(time.Duration(len(w.ids)) * time.Hour)
	number := int64(100_000 + len(w.ids))
	w.ids[reference] = id
	w.change(reference, func(o *domain.Order) {
		_, err := o.Place(domain.Placement{
			CustomerID: customer, RequestHash: "aa", Total: domain.Money{Amount: total, Currency: "GBP"}, Lines: lines,
			Number: number, Reference: reference, Metadata: map[string]string{"campaign": "spring sale"}, Personal: sealed,
		}, at)
		require.NoError(w.t, err)
	})
}

func (w *world) change(reference string, change func(*domain.Order)) {
	w.t.Helper()
	require.NoError(w.t, w.Orders.Update(w.t.Context(), w.ids[reference], func(o *domain.Order) error {
		change(o)
		return nil
	}))
}

func (w *world) search(query string) page {
	w.t.Helper()
	answer := w.operator.Get("/v1/orders/search?" + query)
	require.Equal(w.t, http.StatusOK, answer.Status, "%s: %s", query, answer.Body)
	var p page
	answer.Read(&p)
	return p
}

func (w *world) found(query string) []string {
	w.t.Helper()
	references := []string{}
	for _, order := range w.search(query).Orders {
		references = append(references, order.Reference)
	}
	return references
}

func TestOperatorsFindOrders(t *testing.T) {
	w := newWorld(t)
	id := w.ids["shop-3"]
	for query, want := range map[string][]string{
		"":                                   {"shop-3", "web-2", "web-1"},
		"sort=oldest":                        {"web-1", "web-2", "shop-3"},
		"sort=total":                         {"web-1", "web-2", "shop-3"},
		"sort=-total":                        {"shop-3", "web-2", "web-1"},
		"number=100001":                      {"web-2"},
		"number=" + id:                       {"shop-3"},
		"q=100001":                           {"web-2"},
		"q=" + id:                            {"shop-3"},
		"q=" + id[:8]:                        {"shop-3"},
		"reference=web-1":                    {"web-1"},
		"q=web-1":                            {"web-1"},
		"customer=ann":                       {"web-2", "web-1"},
		"email=ANN@example.org":              {"web-1"},
		"email=bob@example.org":              {"shop-3"},
		"email=nobody@example.org":           {},
		"sku=TEA":                            {"shop-3", "web-1"},
		"sku=tea":                            {},
		"status=rejected":                    {"shop-3"},
		"status=placed&customer=ann&sku=MUG": {"web-2"},
		"payment_status=none":                {"shop-3", "web-2", "web-1"},
		"reason=out_of_stock":                {"shop-3"},
		"q=pot+left":                         {"shop-3"},
		"q=retrospt+mugs":                    {"web-2"},
		"q=spring&sort=oldest":               {"web-1", "web-2", "shop-3"},
		"min_total=501&max_total=9000":       {"shop-3", "web-2"},
		"currency=EUR":                       {},
		"placed_from=2026-03-01T13:00:00Z":   {"shop-3", "web-2"},
		"placed_before=2026-03-01T13:00:00Z": {"web-1"},
		"placed_from=2026-03-01T13:00:00.0000001Z":                                   {"shop-3"},
		"placed_from=2026-03-01T13:00:00Z&placed_before=2026-03-01T15:00:00%2B01:00": {"web-2"},
		"placed_before=9999-12-31T23:59:59Z&placed_from=0001-01-02T00:00:00Z":        {"shop-3", "web-2", "web-1"},
		"stuck=true":  {},
		"stuck=false": {"shop-3", "web-2", "web-1"},
	} {
		assert.Equal(t, want, w.found(query), query)
	}

	p := w.search("q=tea&limit=1&status=rejected")
	require.Len(t, p.Orders, 1)
	assert.Equal(t, id, p.Orders[0].ID)
	assert.Equal(t, "100002", p.Orders[0].Number)
	assert.Equal(t, 2, p.Orders[0].Lines)
	assert.Equal(t, "out_of_stock", p.Orders[0].Reason)
	assert.Contains(t, p.Orders[0].Highlights["items"], "Earl Grey <mark>tea</mark>")
	assert.Contains(t, w.search("").Facets, searchorders.Facet{Field: "status", Values: []searchorders.FacetValue{{Value: "placed", Count: 2}, {Value: "rejected", Count: 1}}})

	w.change("web-1", func(o *domain.Order) {
		require.NotNil(t, o.Saga())
		o.MarkStuck(o.Saga().Saga, []domain.StuckStep{{Step: "ReserveStock", Attempts: 5, LastError: "inventory does not answer"}}, "", noon)
	})
	w.Searched()
	assert.Equal(t, []string{"web-1"}, w.found("stuck=true"), "an order is found as it is now")
	assert.Equal(t, []string{"web-1"}, w.found("q=inventory"))
}

func TestOrdersOnHoldAreFoundUntilTheHoldEnds(t *testing.T) {
	w := newWorld(t)
	w.ids["held"] = w.Confirmed("ann")
	w.change("held", func(o *domain.Order) {
		require.NoError(t, o.RecordPayment([]domain.Done{{At: noon, Fact: domain.AuthorizationEnded{
			PaymentID: "p1", Authorization: o.Charge().Authorization, State: "expired",
		}}}))
	})
	w.Searched()
	held := w.search("hold=payment")
	require.Len(t, held.Orders, 1)
	assert.Equal(t, w.ids["held"], held.Orders[0].ID)
	assert.Equal(t, []string{domain.HoldPayment}, held.Orders[0].Holds)
	assert.Contains(t, held.Facets, searchorders.Facet{Field: "hold", Values: []searchorders.FacetValue{{Value: domain.HoldPayment, Count: 1}}})

	asked := w.As("ann").Do(http.MethodPost, "/v1/orders/"+w.ids["held"]+"/cancellations", `{"reason":"customer"}`, "Idempotency-Key", "c1", "If-Match", "*", "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, asked.Status, "%s", asked.Body)
	w.End(w.ids["held"], orderstest.Pays)
	w.Searched()
	assert.Empty(t, w.search("hold=payment").Orders)
}

func TestPagesOfOrdersHaveEachOnce(t *testing.T) {
	w := newWorld(t)
	for _, query := range []string{"", "q=tea", "sort=total"} {
		want, seen := w.found(query), []string{}
		for cursor := ""; ; {
			next := query + "&limit=1&cursor=" + url.QueryEscape(cursor)
			seen = append(seen, w.found(next)...)
			if cursor = w.search(next).NextCursor; cursor == "" || len(seen) > len(want) {
				break
			}
		}
		assert.Equal(t, want, seen, query)
	}
}

func TestOrdersAreSearchedByOperatorsAndWithinBounds(t *testing.T) {
	w := newWorld(t)
	assert.Equal(t, http.StatusForbidden, w.As("ann").Get("/v1/orders/search").Status)
	assert.Equal(t, http.StatusUnauthorized, w.Anonymous().Get("/v1/orders/search").Status)
	for query, status := range map[string]int{
		"q=" + strings.Repeat("x", 201):                             http.StatusUnprocessableEntity,
		"q=" + strings.Repeat("a+", 60) + strings.Repeat("bc+", 26): http.StatusUnprocessableEntity,
		"limit=101":             http.StatusUnprocessableEntity,
		"status=lost":           http.StatusUnprocessableEntity,
		"placed_from=yesterday": http.StatusUnprocessableEntity,
		"min_total=-1":          http.StatusUnprocessableEntity,
		"cursor=x":              http.StatusBadRequest,
		"colour=red":            http.StatusBadRequest,
	} {
		assert.Equal(t, status, w.operator.Get("/v1/orders/search?"+query).Status, "%.60s", query)
	}
}

func TestNoEmailAddressIsInTheIndex(t *testing.T) {
	w := newWorld(t)
	for _, text := range []string{"example", "ann@example.org", "org"} {
		for _, order := range w.search("q=" + url.QueryEscape(text)).Orders {
			assert.False(t, slices.Contains([]string{"example", "org"}, order.Reference))
			for _, highlight := range order.Highlights {
				assert.NotContains(t, highlight, "example")
			}
		}
	}
	answer := w.operator.Get("/v1/orders/search?email=ann@example.org")
	assert.NotContains(t, string(answer.Body), "example.org")
}

func TestAnOrderWhosePersonalDataWasErasedIsNotFoundByEmailOnceItChanges(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, []string{"web-1"}, w.found("email=ann@example.org"))
	_, err := w.DB.SQL.ExecContext(t.Context(), `DELETE FROM shopper_keys WHERE customer_id = 'ann'`)
	require.NoError(t, err)
	w.change("web-1", func(o *domain.Order) {
		o.Reject(domain.Refused{Reason: "out_of_stock", Message: "no tea is left"}, nil, noon)
	})
	w.Searched()
	assert.Empty(t, w.found("email=ann@example.org"))
	assert.Equal(t, []string{"web-1"}, w.found("reference=web-1&status=rejected"))
	assert.Equal(t, []string{"shop-3"}, w.found("email=bob@example.org"))
}
