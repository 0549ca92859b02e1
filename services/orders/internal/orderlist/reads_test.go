package orderlist_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderlist"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
	"github.com/ordersaga/ordersaga/services/orders/migrations"
)

// lists is a read model with its live generation, and what its queries cost.
type lists struct {
	*readmodel.Model
	live      readmodel.Generation
	database  string
	finds     atomic.Int64 // commands
	documents atomic.Int64 // that they answered
}

// open makes an empty read model.
func open(t testing.TB) *lists {
	t.Helper()
	l := &lists{}
	db, err := postgres.Open(t.Context(), testkit.Postgres(t))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	require.NoError(t, postgres.Migrate(t.Context(), db, migrations.All...))
	uri, database := testkit.MongoDB(t)
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetMonitor(&event.CommandMonitor{Succeeded: l.count}))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	l.database = database
	l.Model = readmodel.New(orderlist.Definition, db, client.Database(database))
	require.NoError(t, l.Prepare(t.Context()))
	l.live, err = l.Live(t.Context())
	require.NoError(t, err)
	return l
}

// count adds up what finds answer.
func (l *lists) count(_ context.Context, done *event.CommandSucceededEvent) {
	if done.CommandName != "find" && done.CommandName != "getMore" {
		return
	}
	l.finds.Add(1)
	cursor := done.Reply.Lookup("cursor").Document()
	for _, batch := range []string{"firstBatch", "nextBatch"} {
		if values, ok := cursor.Lookup(batch).ArrayOK(); ok {
			all, _ := values.Values()
			l.documents.Add(int64(len(all)))
		}
	}
}

// fill adds confirmed orders; customer names that of each.
func (l *lists) fill(t testing.TB, count int, customer func(n int) string) {
	t.Helper()
	orderstest.FillList(t, l.Model, count, customer)
}

// page reads a page of a list before a place; 0 is its head.
func (l *lists) page(t testing.TB, customer string, before int64, limit int) readmodel.Page[orderlist.Summary] {
	t.Helper()
	list, place := orderlist.All, func(s orderlist.Summary) int64 { return s.Place }
	if customer != "" {
		list, place = orderlist.OfCustomer(customer), func(s orderlist.Summary) int64 { return s.CustomerPlace }
	}
	live, shown, err := l.Head(t.Context(), list)
	require.NoError(t, err)
	if before == 0 {
		before = shown
	}
	page, err := readmodel.Read(t.Context(), l.Model, live, readmodel.Part[orderlist.Summary]{
		List: list, Before: before, Limit: limit, Place: place,
		Keep: func(s orderlist.Summary) bool { return customer == "" || s.CustomerID == customer },
	})
	require.NoError(t, err)
	return page
}

// A page of 20 is one query of at most 30 documents, wherever it begins and however long the list
// is. PostgreSQL's own counts show that FerretDB reads them by the index.
func TestAPageReadsItsWindowAndNothingElse(t *testing.T) {
	l := open(t)
	const count = 700
	l.fill(t, count, func(n int) string {
		if n%7 == 0 {
			return "bob"
		}
		return "ann"
	})
	for customer, want := range map[string]int{"": count, "ann": count * 6 / 7, "bob": count / 7} {
		for _, limit := range []int{1, 7, 20} {
			seen := map[string]bool{}
			before := int64(0)
			for {
				l.finds.Store(0)
				l.documents.Store(0)
				page := l.page(t, customer, before, limit)
				require.EqualValues(t, 1, l.finds.Load(), "queries of a page")
				require.LessOrEqual(t, l.documents.Load(), int64(30), "documents of a page")
				for _, order := range page.Items {
					require.False(t, seen[order.ID], "each once")
					seen[order.ID] = true
				}
				if before = page.Next; before == 0 {
					break
				}
				require.Len(t, page.Items, limit, "pages are full")
			}
			require.Len(t, seen, want, "list of %q in pages of %d", customer, limit)
		}
	}
	l.documents.Store(0)
	live, shown, err := l.Head(t.Context(), orderlist.All)
	require.NoError(t, err)
	none, err := readmodel.Read(t.Context(), l.Model, live, readmodel.Part[orderlist.Summary]{
		List: orderlist.All, Before: shown, Limit: 20, Place: func(s orderlist.Summary) int64 { return s.Place },
		Keep: func(orderlist.Summary) bool { return true }, Where: bson.D{{Key: orderlist.StatusField, Value: "cancelled"}},
	})
	require.NoError(t, err)
	require.Empty(t, none.Items)
	require.Zero(t, l.documents.Load(), "what no filter passes is not answered")
	require.Equal(t, shown-300, none.Next, "and the page goes on where it stopped")
	l.finds.Store(0)
	require.Len(t, l.page(t, "ann", 0, readmodel.MaxLimit).Items, readmodel.MaxLimit, "the largest page is full")
	require.LessOrEqual(t, l.finds.Load(), int64(10))
	require.NoError(t, l.Collection(l.live).FindOne(t.Context(), bson.D{{Key: orderlist.NumberField, Value: int64(100_042)}}).Err())

	t.Run("on FerretDB too", func(t *testing.T) {
		var server struct {
			FerretDB *bson.Raw `bson:"ferretdb"`
			Version  *string   `bson:"ferretdbVersion"`
		}
		require.NoError(t, l.Collection(l.live).Database().RunCommand(t.Context(), bson.D{{Key: "buildInfo", Value: 1}}).Decode(&server))
		if server.FerretDB == nil && server.Version == nil {
			t.Skip("the document database is MongoDB")
		}
		config, err := pgx.ParseConfig(testkit.Running(t).Postgres.URL)
		require.NoError(t, err)
		config.Database = "ferretdb"
		conn, err := pgx.ConnectConfig(t.Context(), config)
		require.NoError(t, err)
		defer conn.Close(context.Background())
		table := fmt.Sprintf("schemaname = '%s' AND relname LIKE 'orders%%'", l.database)
		// FerretDB's connections hand in their counts when they have been idle for some seconds.
		testkit.Eventually(t, "the counts of PostgreSQL", func() bool {
			var scans int64
			err := conn.QueryRow(t.Context(), `SELECT coalesce(sum(idx_scan), 0) FROM pg_stat_user_indexes WHERE `+table).Scan(&scans)
			require.NoError(t, err)
			return scans > 100
		})
		var read int64
		require.NoError(t, conn.QueryRow(t.Context(), `SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE `+table).Scan(&read))
		require.Zero(t, read, "documents that were read one after the other")
	})
}

// A batch of events may come again, in other parts: a place that was given stays, and none is given
// twice.
func TestAPlaceIsGivenOnce(t *testing.T) {
	l := open(t)
	entry := func(id string, lists ...readmodel.List) readmodel.Entry { return readmodel.Entry{ID: id, Lists: lists} }
	ann, bob := orderlist.OfCustomer("ann"), orderlist.OfCustomer("bob")
	first, err := l.Place(t.Context(), l.live, []readmodel.Entry{entry("a", orderlist.All, ann), entry("b", orderlist.All, bob), entry("c", orderlist.All)})
	require.NoError(t, err)
	require.Equal(t, readmodel.Places{"a": {orderlist.All: 0, ann: 0}, "b": {orderlist.All: 1, bob: 0}, "c": {orderlist.All: 2}}, first)
	again, err := l.Place(t.Context(), l.live, []readmodel.Entry{entry("c", orderlist.All, ann), entry("d", orderlist.All, ann), entry("a", orderlist.All, ann)})
	require.NoError(t, err)
	require.Equal(t, readmodel.Places{"a": {orderlist.All: 0, ann: 0}, "c": {orderlist.All: 2, ann: 1}, "d": {orderlist.All: 3, ann: 2}}, again)
	_, shown, err := l.Head(t.Context(), orderlist.All)
	require.NoError(t, err)
	require.Zero(t, shown, "no document is written yet")
	require.NoError(t, l.Show(t.Context(), l.live, first))
	_, shown, err = l.Head(t.Context(), orderlist.All)
	require.NoError(t, err)
	require.EqualValues(t, 3, shown, "d is not written yet")
}
