package listorders_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderlist"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
	"github.com/ordersaga/ordersaga/services/orders/internal/queries/listorders"
)

type list struct {
	Orders     []listorders.OrderSummary `json:"orders"`
	NextCursor string                    `json:"next_cursor"`
	Behind     int64                     `json:"behind"`
	Seconds    float64                   `json:"behind_seconds"`
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// place writes an order as its saga would.
func place(t *testing.T, w *orderstest.World, customer string, at time.Time, then func(*domain.Order)) string {
	t.Helper()
	id := uuid.NewString()
	require.NoError(t, w.Orders.Update(t.Context(), id, func(o *domain.Order) error {
		_, err := o.Place(domain.Placement{
			CustomerID: customer, RequestHash: "aa", Total: domain.Money{Amount: 500, Currency: "GBP"},
			Lines: []domain.Line{{Number: 1, SKU: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 2}},
		}, at)
		if err == nil && then != nil {
			then(o)
		}
		return err
	}))
	return id
}

func reject(at time.Time) func(*domain.Order) {
	return func(o *domain.Order) { o.Reject(domain.Refused{Reason: "out_of_stock"}, nil, at) }
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
	testkit.Eventually(t, "the lists to be up to date", func() bool { l := read(t, caller, ""); return l.Behind == 0 && l.Seconds == 0 })
}

func TestListsShowNewestFirstInPages(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	ann, operator := w.As("ann"), w.As("op", auth.ScopeOperator)
	var want []string
	for i := range 6 {
		want = append([]string{place(t, w, w.Subject("ann"), noon.Add(time.Duration(i)*time.Second), nil)}, want...)
	}
	late := noon.Add(time.Minute)
	want = append([]string{place(t, w, w.Subject("ann"), late, reject(late))}, want...)
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
	require.Equal(t, want, got, "her own orders, each once")

	first := read(t, ann, "").Orders[1]
	require.Equal(t, "placed", first.Status)
	require.EqualValues(t, 500, first.Total.Amount)
	require.Equal(t, 1, first.Lines)
	require.EqualValues(t, 2, first.Version)
	require.Equal(t, noon.Add(5*time.Second), *first.PlacedAt)

	require.Len(t, read(t, operator, "").Orders, 8, "operators see all")
	require.Len(t, read(t, operator, "?customer="+url.QueryEscape(w.Subject("bob"))).Orders, 1)
	rejected := read(t, ann, "?status=rejected").Orders
	require.Len(t, rejected, 1)
	require.Equal(t, "out_of_stock", rejected[0].Reason)
	require.Equal(t, late, *rejected[0].SettledAt)
}

func TestStuckSagasAreAList(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	operator := w.As("op", auth.ScopeOperator)
	stuck := func(o *domain.Order) {
		o.MarkStuck(domain.Placing(o.ID()), []domain.StuckStep{{Step: "VoidPayment", Attempts: 5}, {Step: "ReleaseStock", Attempts: 5}}, "", noon)
	}
	first := place(t, w, w.Subject("bob"), noon, stuck)
	second := place(t, w, w.Subject("ann"), noon, stuck)
	settled := place(t, w, w.Subject("ann"), noon, func(o *domain.Order) {
		stuck(o)
		reject(noon)(o)
	})
	caughtUp(t, operator)
	l := read(t, operator, "?stuck=true")
	require.Equal(t, []string{second, first}, ids(l), "not %s, which is settled", settled)
	require.Equal(t, []string{"VoidPayment", "ReleaseStock"}, l.Orders[0].StuckSteps)
	for _, order := range read(t, w.As("ann"), "").Orders {
		require.Empty(t, order.StuckSteps, "not for shoppers")
	}
}

// What a filter leaves out costs no more than a number of queries: pages come short, with a cursor.
func TestAFilterThatMatchesFewGoesOnByCursor(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	operator := w.As("op", auth.ScopeOperator)
	rejected := place(t, w, w.Subject("ann"), noon, reject(noon))
	const others = 330 // more than a request reads
	for i := range others {
		place(t, w, fmt.Sprintf("%s-%d", w.Subject("bob"), i%3), noon, nil)
	}
	caughtUp(t, operator)
	for query, want := range map[string]int{"": others + 1, "&status=rejected": 1, "&status=placed": others, "&status=confirmed": 0} {
		seen, pages := map[string]bool{}, 0
		for cursor := ""; ; pages++ {
			page := read(t, operator, "?limit=60"+query+cursor)
			for _, order := range page.Orders {
				require.False(t, seen[order.ID], "each once")
				seen[order.ID] = true
			}
			if page.NextCursor == "" {
				break
			}
			require.True(t, query != "" || len(page.Orders) == 60, "without a filter pages are full")
			cursor = "&cursor=" + url.QueryEscape(page.NextCursor)
			require.Less(t, pages, 10)
		}
		require.Len(t, seen, want, query)
		if query == "&status=rejected" {
			require.True(t, seen[rejected])
			require.Positive(t, pages, "the first page ends before all is read")
		}
	}
	number := read(t, operator, "?limit=1").Orders[0].Number
	require.Empty(t, number, "these were placed without one")
}

func TestAnOrderIsFoundByItsNumber(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	id := uuid.NewString()
	require.NoError(t, w.Orders.Update(t.Context(), id, func(o *domain.Order) error {
		_, err := o.Place(domain.Placement{
			CustomerID: w.Subject("ann"), RequestHash: "aa", Total: domain.Money{Amount: 500, Currency: "GBP"},
			Lines:  []domain.Line{{Number: 1, SKU: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 2}},
			Number: 100042, Reference: "web-7",
		}, noon)
		return err
	}))
	place(t, w, w.Subject("ann"), noon, nil)
	caughtUp(t, w.As("ann"))
	found := read(t, w.As("ann"), "?number=100042")
	require.Equal(t, []string{id}, ids(found))
	require.Equal(t, "100042", found.Orders[0].Number)
	require.Equal(t, "web-7", found.Orders[0].Reference)
	require.Equal(t, []string{id}, ids(read(t, w.As("op", auth.ScopeOperator), "?number=100042")))
	require.Empty(t, read(t, w.As("bob"), "?number=100042").Orders, "it is another shopper's")
	require.Empty(t, read(t, w.As("ann"), "?number=100043").Orders)
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
		"?limit=0": 422, "?limit=201": 422, "?limit=x": 422, "?status=lost": 422, "?page=2": 400, "?status=": 400, "?customer=": 400, "?limit=1&limit=2": 400, "?customer=ann;x=1": 400,
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
	require.EqualValues(t, 6, l.Behind)
	require.Positive(t, l.Seconds)
}

// A read model that was lost is the same after it was made again. Its documents are replaced by new
// ones at once, and the old ones are dropped.
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
	first, err := w.List.Live(t.Context())
	require.NoError(t, err)

	require.NoError(t, w.Documents.Drop(t.Context()))
	require.Empty(t, read(t, operator, "").Orders)
	require.Equal(t, http.StatusForbidden, w.As("ann").Do(http.MethodPost, "/v1/rebuilds/orders", "").Status)
	rebuild(t, operator)
	after := read(t, operator, "")
	require.Equal(t, before, after)
	testkit.Eventually(t, "the old documents to be dropped", func() bool {
		names, err := w.Documents.ListCollectionNames(t.Context(), bson.D{{Key: "name", Value: w.List.Collection(first).Name()}})
		require.NoError(t, err)
		return len(names) == 0
	})
	place(t, w, w.Subject("ann"), noon, nil)
	testkit.Eventually(t, "a new order to be listed", func() bool { return len(read(t, operator, "").Orders) == 11 })
}

type rebuilt struct {
	Generation, Done, Total int64
	State                   string
}

// rebuild asks for a rebuild and awaits that it is live.
func rebuild(t *testing.T, operator *orderstest.Caller) {
	t.Helper()
	answer := operator.Do(http.MethodPost, "/v1/rebuilds/orders", "")
	require.Equal(t, http.StatusAccepted, answer.Status, string(answer.Body))
	var began rebuilt
	answer.Read(&began)
	awaitRebuild(t, operator, began.Generation)
}

func awaitRebuild(t *testing.T, operator *orderstest.Caller, generation int64) {
	t.Helper()
	testkit.Eventually(t, "the rebuild to be live", func() bool {
		var now rebuilt
		operator.Get("/v1/rebuilds/orders").Read(&now)
		require.Equal(t, generation, now.Generation)
		require.LessOrEqual(t, now.Done, now.Total)
		return now.State == "live"
	})
}

// While the lists are made anew every read is answered, with all orders that were there, also when
// new ones come and when the follower is stopped in the middle.
func TestARebuildUnderLoadLosesNoRead(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	operator := w.As("op", auth.ScopeOperator)
	const before = 150
	for range before {
		place(t, w, w.Subject("ann"), noon, nil)
	}
	caughtUp(t, operator)

	done := make(chan struct{})
	var reading sync.WaitGroup
	for range 3 {
		reading.Go(func() {
			caller := w.As("ann")
			for last := 0; ; {
				select {
				case <-done:
					return
				default:
				}
				answer := caller.Get("/v1/orders?limit=200")
				var l list
				if answer.Status != http.StatusOK || json.Unmarshal(answer.Body, &l) != nil || len(l.Orders) < max(before, last) {
					t.Errorf("a read was answered with %d and %d orders, after one of %d", answer.Status, len(l.Orders), last)
					return
				}
				last = len(l.Orders)
			}
		})
	}
	began := operator.Do(http.MethodPost, "/v1/rebuilds/orders", "")
	require.Equal(t, http.StatusAccepted, began.Status, string(began.Body))
	var now rebuilt
	began.Read(&now)
	require.Equal(t, "building", now.State)
	for range 20 {
		place(t, w, w.Subject("ann"), noon, nil)
	}
	w.StopList()
	w.Follow()
	awaitRebuild(t, operator, now.Generation)
	caughtUp(t, operator)
	close(done)
	reading.Wait()
	require.Len(t, read(t, w.As("ann"), "?limit=200").Orders, before+20)
	var compared struct {
		Compared   int
		Mismatches []any
	}
	operator.Get("/v1/audit/read-model").Read(&compared)
	require.Positive(t, compared.Compared)
	require.Empty(t, compared.Mismatches, "the documents are the fold of the log")
}

func TestTheAuditFindsADocumentThatNoOrderHas(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	operator := w.As("op", auth.ScopeOperator)
	for range 3 {
		place(t, w, w.Subject("ann"), noon, nil)
	}
	caughtUp(t, operator)
	live, err := w.List.Live(t.Context())
	require.NoError(t, err)
	var stranger orderlist.Summary
	require.NoError(t, w.List.Collection(live).FindOne(t.Context(), bson.D{{Key: "place", Value: int64(1)}}).Decode(&stranger))
	stranger.ID = "0d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d"
	later := stranger
	later.ID, later.Place, later.Pages = "1d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d", 3, orderlist.All.Windows(3)
	_, err = w.List.Collection(live).InsertMany(t.Context(), []orderlist.Summary{stranger, later})
	require.NoError(t, err)
	var compared struct {
		Compared   int
		Mismatches []map[string]string
	}
	operator.Get("/v1/audit/read-model").Read(&compared)
	require.Equal(t, 3, compared.Compared)
	require.ElementsMatch(t, []map[string]string{
		{"order_id": stranger.ID, "collection": "orders", "problem": "there is no such order in the log"},
		{"order_id": later.ID, "collection": "orders", "problem": "there is no such order in the log"},
	}, compared.Mismatches)
}

// The newest thousand events may all be of orders that were placed long before.
func TestTheAuditGoesOnFromAPageOfTheLogWithoutNewOrders(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	operator := w.As("op", auth.ScopeOperator)
	place(t, w, w.Subject("ann"), noon, nil)
	caughtUp(t, operator)
	_, err := w.DB.SQL.ExecContext(t.Context(), `UPDATE events SET position = 1500 WHERE position = (SELECT max(position) FROM events)`)
	require.NoError(t, err)
	var page struct {
		Compared int
		Next     string `json:"next_cursor"`
	}
	operator.Get("/v1/audit/read-model").Read(&page)
	require.Zero(t, page.Compared)
	operator.Get("/v1/audit/read-model?cursor=" + page.Next).Read(&page)
	require.Equal(t, 1, page.Compared)
}
