package listorders_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/listorders"
)

type list struct {
	Orders     []listorders.Summary `json:"orders"`
	NextCursor string               `json:"next_cursor"`
	Behind     int64                `json:"behind"`
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// place writes an order as its saga would.
func place(t *testing.T, w *orderstest.World, customer string, at time.Time, then func(*domain.Order) error) string {
	t.Helper()
	id := uuid.NewString()
	require.NoError(t, w.Orders.Update(t.Context(), id, func(o *domain.Order) error {
		if customer != "" {
			err := o.Place(domain.Placement{
				CustomerID: customer, RequestHash: "aa", Total: domain.Money{Amount: 500, Currency: "GBP"},
				Lines: []domain.Line{{SKU: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 2}},
			}, at)
			if err != nil {
				return err
			}
		}
		if then != nil {
			return then(o)
		}
		return nil
	}))
	return id
}

func reject(at time.Time) func(*domain.Order) error {
	return func(o *domain.Order) error {
		return o.Reject(domain.Refused{Reason: "out_of_stock"}, domain.Done{}, at)
	}
}

func read(t *testing.T, caller *orderstest.Caller, query string) list {
	t.Helper()
	answer := caller.Get("/v1/orders" + query)
	require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
	var l list
	answer.Read(&l)
	return l
}

func ids(l list) []string {
	var all []string
	for _, order := range l.Orders {
		all = append(all, order.ID)
	}
	return all
}

// caughtUp waits until everything that is recorded is in the lists.
func caughtUp(t *testing.T, caller *orderstest.Caller) {
	t.Helper()
	testkit.Eventually(t, "the lists to be up to date", func() bool { return read(t, caller, "").Behind == 0 })
}

func TestListsShowNewestFirstInPages(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	ann, operator := w.As("ann"), w.As("op", auth.ScopeOperator)
	var want []string
	for i := range 5 {
		want = append([]string{place(t, w, w.Subject("ann"), noon.Add(time.Duration(i)*time.Second), nil)}, want...)
	}
	// Of one instant, which the page ends within.
	same := noon.Add(-time.Hour)
	place(t, w, w.Subject("ann"), same, nil)
	place(t, w, w.Subject("ann"), same, reject(same))
	place(t, w, w.Subject("bob"), noon, nil)
	caughtUp(t, operator)

	var got []string
	query := "?limit=2"
	for pages := 0; ; pages++ {
		require.Less(t, pages, 5, "the pages end")
		page := read(t, ann, query)
		got = append(got, ids(page)...)
		if page.NextCursor == "" {
			break
		}
		require.Len(t, page.Orders, 2)
		query = "?limit=2&cursor=" + url.QueryEscape(page.NextCursor)
	}
	require.Len(t, got, 7, "her own orders, each once")
	require.Equal(t, want, got[:5])

	first := read(t, ann, "").Orders[0]
	require.Equal(t, "placed", first.Status)
	require.EqualValues(t, 500, first.Total.Amount)
	require.Equal(t, 1, first.Lines)
	require.EqualValues(t, 1, first.Version)
	require.Equal(t, noon.Add(4*time.Second), *first.PlacedAt)

	require.Len(t, read(t, operator, "").Orders, 8, "operators see all")
	require.Len(t, read(t, operator, "?customer="+url.QueryEscape(w.Subject("bob"))).Orders, 1)
	rejected := read(t, ann, "?status=rejected").Orders
	require.Len(t, rejected, 1)
	require.Equal(t, "out_of_stock", rejected[0].Reason)
	require.Equal(t, same, *rejected[0].SettledAt)
}

func TestStuckSagasAreAList(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	operator := w.As("op", auth.ScopeOperator)
	stuck := func(o *domain.Order) error {
		return o.MarkStuck(domain.SagaStuck{Saga: "place-order", Step: "ReserveStock", Attempts: 5}, noon)
	}
	placed := place(t, w, w.Subject("ann"), noon.Add(time.Second), stuck)
	unplaced := place(t, w, "", noon, stuck)
	settled := place(t, w, w.Subject("ann"), noon, func(o *domain.Order) error {
		if err := stuck(o); err != nil {
			return err
		}
		return reject(noon)(o)
	})
	caughtUp(t, operator)
	l := read(t, operator, "?stuck=true")
	require.Equal(t, []string{placed, unplaced}, ids(l), "not %s, which is settled", settled)
	require.Equal(t, "ReserveStock", l.Orders[0].StuckStep)
	require.Equal(t, "none", l.Orders[1].Status)
	require.Empty(t, read(t, w.As("ann"), "").Orders[0].StuckStep)
}

func TestShoppersDoNotListOthers(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	ann := w.As("ann")
	for _, query := range []string{"?customer=bob", "?stuck=true"} {
		require.Equal(t, http.StatusForbidden, ann.Get("/v1/orders"+query).Status, query)
	}
	require.Equal(t, http.StatusOK, ann.Get("/v1/orders?customer="+url.QueryEscape(w.Subject("ann"))).Status)
}

func TestListsRefuseWhatTheyDoNotUnderstand(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	ann, operator := w.As("ann"), w.As("op", auth.ScopeOperator)
	place(t, w, w.Subject("ann"), noon, nil)
	place(t, w, w.Subject("ann"), noon, nil)
	caughtUp(t, ann)
	cursor := url.QueryEscape(read(t, ann, "?limit=1").NextCursor)
	for query, status := range map[string]int{
		"?limit=0": 422, "?limit=201": 422, "?limit=x": 422, "?status=lost": 422, "?page=2": 422,
		"?cursor=x": 400, "?cursor=" + cursor + "A": 400, "?status=placed&cursor=" + cursor: 400,
	} {
		require.Equal(t, status, ann.Get("/v1/orders"+query).Status, query)
	}
	require.Equal(t, 400, operator.Get("/v1/orders?cursor="+cursor).Status, "a cursor of another list")
	require.Equal(t, 200, ann.Get("/v1/orders?limit=1&cursor="+cursor).Status)
}

func TestListsSayHowFarTheyAreBehind(t *testing.T) {
	w := orderstest.Start(t) // without a projector
	for i := range 3 {
		place(t, w, w.Subject("ann"), noon.Add(time.Duration(i)), nil)
	}
	l := read(t, w.As("ann"), "")
	require.Empty(t, l.Orders)
	require.NotNil(t, l.Orders, "a list without orders is [], not null")
	require.EqualValues(t, 3, l.Behind)
}

// A read model that was lost is the same after it was projected again.
func TestARebuildEqualsTheFirstProjection(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	operator := w.As("op", auth.ScopeOperator)
	for i := range 10 {
		then := reject(noon)
		if i%2 == 0 {
			then = nil
		}
		place(t, w, fmt.Sprintf("%s-%d", w.Subject("ann"), i%3), noon.Add(time.Duration(i)*time.Millisecond), then)
	}
	caughtUp(t, operator)
	before := read(t, operator, "")

	require.NoError(t, w.Documents.Drop(t.Context()))
	require.Empty(t, read(t, operator, "").Orders)
	w.Reproject()
	caughtUp(t, operator)
	require.Equal(t, before, read(t, operator, ""))
}
