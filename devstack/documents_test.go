package main_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func withDocuments(t testing.TB) (*running, map[string]any) {
	t.Helper()
	config := settings(passableDir(t))
	config["engines"] = []string{"postgres", "mongodb"}
	return start(t, config), config
}

func documentsOf(t testing.TB, e engines) *mongo.Database {
	t.Helper()
	connection, err := mongo.Connect(options.Client().ApplyURI(e.MongoDB.URL).SetTimeout(30 * time.Second))
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Disconnect(context.Background()) })
	return connection.Database("shop")
}

// below connects to the database that FerretDB keeps the documents in.
func below(t testing.TB, e engines) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(e.Postgres.URL)
	require.NoError(t, err)
	config.Database = "ferretdb"
	conn, err := pgx.ConnectConfig(deadline(t), config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func id(number int) string { return fmt.Sprintf("document-%d", number) }

func fill(t testing.TB, documents *mongo.Collection, from, to int) {
	t.Helper()
	const perCommand = 1000
	for ; from < to; from += perCommand {
		var batch []any
		for number := from; number < min(from+perCommand, to); number++ {
			batch = append(batch, bson.M{"_id": id(number), "version": 1, "text": strings.Repeat("x", 200)})
		}
		_, err := documents.InsertMany(t.Context(), batch)
		require.NoError(t, err)
	}
}

// What PostgreSQL counted is what it really did for FerretDB, unlike a plan that is asked for
// beside it.
func TestDocumentsAreFoundByIDInAnIndex(t *testing.T) {
	stack, config := withDocuments(t)
	documents := documentsOf(t, stack.engines()).Collection("things")

	// FerretDB prepares its statements while the collection is empty, often enough for PostgreSQL
	// to settle for a plan, as it happens to every product on its first day.
	require.NoError(t, documents.Database().CreateCollection(t.Context(), "things"))
	const rounds = 20
	for range rounds {
		require.ErrorIs(t, documents.FindOne(t.Context(), bson.M{"_id": id(0)}).Err(), mongo.ErrNoDocuments)
	}
	fill(t, documents, 0, 5000)

	for number := range rounds {
		byID := bson.M{"_id": id(number)}
		require.NoError(t, documents.FindOne(t.Context(), byID).Err())
		replaced, err := documents.ReplaceOne(t.Context(), bson.M{"_id": id(number), "version": bson.M{"$lt": 2}}, bson.M{"version": 2})
		require.NoError(t, err)
		require.EqualValues(t, 1, replaced.ModifiedCount)
		updated, err := documents.UpdateOne(t.Context(), byID, bson.M{"$inc": bson.M{"version": 1}})
		require.NoError(t, err)
		require.EqualValues(t, 1, updated.ModifiedCount)
		require.NoError(t, documents.FindOneAndUpdate(t.Context(), byID, bson.M{"$inc": bson.M{"version": 1}}).Err())
		deleted, err := documents.DeleteOne(t.Context(), byID)
		require.NoError(t, err)
		require.EqualValues(t, 1, deleted.DeletedCount)
	}

	conn := below(t, stack.engines())
	// FerretDB's connections hand in their counts when they have been idle for some seconds.
	stack.await("the counts of PostgreSQL", longestHeal, func() error {
		var scans int
		err := conn.QueryRow(deadline(t), `
			SELECT coalesce(sum(idx_scan), 0) FROM pg_stat_user_indexes
			WHERE schemaname = 'shop' AND pg_get_indexdef(indexrelid) LIKE '%USING gin%'`).Scan(&scans)
		if err == nil && scans < 5*rounds {
			err = fmt.Errorf("%d of %d look-ups were made in the index", scans, 5*rounds)
		}
		return err
	})
	var read int
	require.NoError(t, conn.QueryRow(deadline(t),
		"SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE schemaname = 'shop' AND relname LIKE 'things%'").Scan(&read))
	require.Zero(t, read, "documents that were read one after the other")

	t.Run("also in collections of before", func(t *testing.T) {
		require.Equal(t, []string{"things"}, indexedByID(t, conn))
		_, err := conn.Exec(deadline(t), "DROP EVENT TRIGGER ferretdb_created; DROP SCHEMA _ferretdb_devstack CASCADE")
		require.NoError(t, err)
		_, err = documents.Database().Collection("old").InsertOne(t.Context(), bson.M{"_id": "a"})
		require.NoError(t, err)
		require.Equal(t, []string{"things"}, indexedByID(t, conn), "without the trigger there is no index to come")
		stack.stop()
		stack = start(t, config)
		require.Equal(t, []string{"old", "things"}, indexedByID(t, below(t, stack.engines())))
		require.NoError(t, documentsOf(t, stack.engines()).CreateCollection(t.Context(), "young",
			options.CreateCollection().SetCapped(true).SetSizeInBytes(1<<20)))
		require.NoError(t, documentsOf(t, stack.engines()).Collection("old").Drop(t.Context()))
		require.Equal(t, []string{"things", "young"}, indexedByID(t, below(t, stack.engines())))
	})
}

// An index that a client makes serves its look-ups, of single values and of elements of lists, and
// is dropped as it was made.
func TestAnIndexOfAClientServesItsQueries(t *testing.T) {
	stack, _ := withDocuments(t)
	documents := documentsOf(t, stack.engines()).Collection("paged")
	for _, keys := range []bson.D{{{Key: "pages", Value: 1}}, {{Key: "number", Value: 1}, {Key: "kind", Value: -1}}} {
		_, err := documents.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: keys})
		require.NoError(t, err)
	}
	const count, perPage = 3000, 20
	var batch []any
	for n := range count {
		batch = append(batch, bson.M{
			"_id": id(n), "number": n, "kind": "a", "pages": []string{fmt.Sprintf("all/%d", n/perPage), fmt.Sprintf("all/%d", n/perPage+1)},
		})
	}
	_, err := documents.InsertMany(t.Context(), batch)
	require.NoError(t, err)
	const rounds = 20
	for n := range rounds {
		found, err := documents.CountDocuments(t.Context(), bson.M{"pages": fmt.Sprintf("all/%d", n+1)})
		require.NoError(t, err)
		require.EqualValues(t, 2*perPage, found)
		found, err = documents.CountDocuments(t.Context(), bson.M{"number": n})
		require.NoError(t, err)
		require.EqualValues(t, 1, found)
	}
	conn := below(t, stack.engines())
	stack.await("the counts of PostgreSQL", longestHeal, func() error {
		var least int
		err := conn.QueryRow(deadline(t), `
			SELECT min(idx_scan) FROM pg_stat_user_indexes
			WHERE schemaname = 'shop' AND relname LIKE 'paged%' AND pg_get_indexdef(indexrelid) LIKE '%USING gin%' AND indexrelname NOT LIKE '%expr%'`).Scan(&least)
		if err == nil && least < rounds {
			err = fmt.Errorf("%d of %d look-ups were made in the index", least, rounds)
		}
		return err
	})
	var read int
	require.NoError(t, conn.QueryRow(deadline(t),
		"SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE schemaname = 'shop' AND relname LIKE 'paged%'").Scan(&read))
	require.Zero(t, read, "documents that were read one after the other")

	require.NoError(t, documents.Indexes().DropOne(t.Context(), "pages_1"))
	var left int
	require.NoError(t, conn.QueryRow(deadline(t), `
		SELECT count(*) FROM pg_indexes WHERE schemaname = 'shop' AND tablename LIKE 'paged%' AND indexdef LIKE '%pages%'`).Scan(&left))
	require.Zero(t, left, "the index is gone")
}

// indexedByID gives each collection as often as it has a GIN index on _id, and would give
// FerretDB's own table too.
func indexedByID(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	rows, err := conn.Query(deadline(t), `
		SELECT regexp_replace(tablename, '_[0-9a-f]{8}$', '') FROM pg_indexes
		WHERE schemaname = 'shop' AND indexdef LIKE '%USING gin (((_jsonb -> ''_id''::text)) jsonb_path_ops)%' ORDER BY 1`)
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return names
}

// FerretDB keeps a connection to PostgreSQL for each update that matched until the command ends.
func TestManyUpdatesInOneCommandDoNotStopFerretDB(t *testing.T) {
	stack, _ := withDocuments(t)
	documents := documentsOf(t, stack.engines()).Collection("things")
	fill(t, documents, 0, 400)
	answers := func(t *testing.T) {
		t.Helper()
		updated, err := documents.UpdateOne(deadline(t), bson.M{"_id": id(0)}, bson.M{"$inc": bson.M{"version": 1}})
		require.NoError(t, err)
		require.EqualValues(t, 1, updated.ModifiedCount)
	}

	t.Run("60 are done", func(t *testing.T) {
		updated, err := updateMany(deadline(t), documents, 60)
		require.NoError(t, err)
		require.EqualValues(t, 60, updated.ModifiedCount)
		answers(t)
	})
	t.Run("more than it can are refused", func(t *testing.T) {
		_, err := updateMany(deadline(t), documents, 400)
		require.ErrorContains(t, err, "too many connections for role")
		answers(t)
	})
	t.Run("more than it can at the same time are refused or done", func(t *testing.T) {
		ctx := deadline(t)
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				_, err := updateMany(ctx, documents, 60)
				if err != nil && !strings.Contains(err.Error(), "too many connections for role") {
					t.Error(err)
				}
			})
		}
		group.Wait()
		answers(t)
	})
}

func updateMany(ctx context.Context, documents *mongo.Collection, count int) (*mongo.BulkWriteResult, error) {
	writes := make([]mongo.WriteModel, count)
	for number := range writes {
		writes[number] = mongo.NewUpdateOneModel().SetFilter(bson.M{"_id": id(number)}).SetUpdate(bson.M{"$inc": bson.M{"version": 1}})
	}
	return documents.BulkWrite(ctx, writes)
}

// The time of a replacement is not to grow with the number of documents.
func BenchmarkReplaceByID(b *testing.B) {
	stack, _ := withDocuments(b)
	documents := documentsOf(b, stack.engines()).Collection("things")
	filled := 0
	for _, count := range []int{1000, 5000, 20000} {
		fill(b, documents, filled, count)
		filled = count
		b.Run(fmt.Sprintf("documents=%d", count), func(b *testing.B) {
			number := 0
			for b.Loop() {
				number = (number + 7919) % count // a prime, for other pages each time
				replaced, err := documents.ReplaceOne(b.Context(), bson.M{"_id": id(number)}, bson.M{"version": b.N, "text": "y"})
				require.NoError(b, err)
				require.EqualValues(b, 1, replaced.MatchedCount)
			}
		})
	}
}
