package mongodb_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

type thing struct {
	ID      string `bson:"_id"`
	Version int64  `bson:"version"`
	Name    string `bson:"name"`
	Tags    []tag  `bson:"tags,omitempty"`
}

type tag struct {
	Key string `bson:"key"`
}

func open(t *testing.T) *mongo.Collection {
	t.Helper()
	uri, name := testkit.MongoDB(t)
	db, err := mongodb.Open(t.Context(), uri, name)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, mongodb.Close(context.Background(), db)) })
	require.NoError(t, mongodb.Ready(t.Context(), db))
	return db.Collection("things")
}

func find(t *testing.T, things *mongo.Collection, id any) (found thing) {
	t.Helper()
	require.NoError(t, things.FindOne(t.Context(), bson.D{{Key: "_id", Value: id}}).Decode(&found))
	return found
}

func replace(ctx context.Context, things *mongo.Collection, id any, version int64, doc any) error {
	return mongodb.ReplaceIfNewer(ctx, things, []mongodb.Document{{ID: id, Version: version, Doc: doc}})
}

func TestOlderVersionNeverReplacesANewerOne(t *testing.T) {
	things := open(t)
	for _, step := range []struct{ write, stays int64 }{{2, 2}, {1, 2}, {2, 2}, {5, 5}, {3, 5}} {
		name := fmt.Sprint("version ", step.write)
		require.NoError(t, replace(t.Context(), things, "a", step.write,
			thing{ID: "a", Version: step.write, Name: name, Tags: []tag{{"k"}}}))
		require.Equal(t, thing{"a", step.stays, fmt.Sprint("version ", step.stays), []tag{{"k"}}}, find(t, things, "a"))
	}
}

func TestADocumentThatIsSaidToBeNewMayBeThere(t *testing.T) {
	things := open(t)
	for _, id := range []string{"older", "newer"} {
		require.NoError(t, replace(t.Context(), things, id, 5, thing{ID: id, Version: 5, Name: "first"}))
	}
	var documents []mongodb.Document
	for id, version := range map[string]int64{"older": 6, "newer": 4, "missing": 1, "known": 1} {
		documents = append(documents, mongodb.Document{ID: id, Version: version, New: id != "known", Doc: thing{ID: id, Version: version, Name: "second"}})
	}
	require.NoError(t, mongodb.ReplaceIfNewer(t.Context(), things, documents))
	for id, want := range map[string]thing{"older": {Version: 6, Name: "second"}, "newer": {Version: 5, Name: "first"}, "missing": {Version: 1, Name: "second"}, "known": {Version: 1, Name: "second"}} {
		want.ID = id
		require.Equal(t, want, find(t, things, id))
	}
}

func TestIDAndVersionAreSetWhenTheDocumentHasNone(t *testing.T) {
	things := open(t)
	require.NoError(t, replace(t.Context(), things, "a", 3, bson.M{"name": "n"}))
	require.Equal(t, thing{ID: "a", Version: 3, Name: "n"}, find(t, things, "a"))
	// A replacement replaces: what the newer document lacks is gone.
	require.NoError(t, replace(t.Context(), things, "a", 4, bson.M{}))
	require.Equal(t, thing{ID: "a", Version: 4}, find(t, things, "a"))

	require.ErrorContains(t, replace(t.Context(), things, "a", 5, thing{ID: "b", Version: 5}), "_id")
	require.ErrorContains(t, replace(t.Context(), things, "a", 5, thing{ID: "a", Version: 6}), "version")
	require.ErrorContains(t, replace(t.Context(), things, "a", 5, "no document"), "document a version 5")
}

func TestManyAreWrittenEachInItsNewestVersion(t *testing.T) {
	things := open(t)
	const ids, versions = 50, 4
	require.NoError(t, replace(t.Context(), things, 7, 99, bson.M{"name": "kept"}))
	var documents []mongodb.Document
	for id := range ids {
		for version := range versions {
			documents = append(documents, mongodb.Document{ID: id, Version: int64(version + 1), Doc: bson.M{"name": fmt.Sprint(version + 1)}})
		}
	}
	rand.Shuffle(len(documents), func(i, j int) { documents[i], documents[j] = documents[j], documents[i] })
	require.NoError(t, mongodb.ReplaceIfNewer(t.Context(), things, documents))
	require.NoError(t, mongodb.ReplaceIfNewer(t.Context(), things, documents), "writing again changes nothing")
	require.NoError(t, mongodb.ReplaceIfNewer(t.Context(), things, nil))

	cursor, err := things.Find(t.Context(), bson.D{})
	require.NoError(t, err)
	var found []struct {
		ID      int   `bson:"_id"`
		Version int64 `bson:"version"`
		Name    string
	}
	require.NoError(t, cursor.All(t.Context(), &found))
	require.Len(t, found, ids)
	for _, f := range found {
		if f.ID == 7 {
			require.Equal(t, "kept", f.Name)
			continue
		}
		require.EqualValues(t, versions, f.Version, "document %d", f.ID)
		require.Equal(t, fmt.Sprint(versions), f.Name)
	}
}

// More documents than the engine has connections, which one command would hold.
func TestManyDocumentsAreReplacedAtOnce(t *testing.T) {
	things := open(t)
	for version := range int64(2) {
		documents := make([]mongodb.Document, 200)
		for id := range documents {
			documents[id] = mongodb.Document{ID: fmt.Sprint("id-", id), Version: version + 1, Doc: bson.M{}}
		}
		require.NoError(t, mongodb.ReplaceIfNewer(t.Context(), things, documents))
	}
	replaced, err := things.CountDocuments(t.Context(), bson.D{{Key: "version", Value: 2}})
	require.NoError(t, err)
	require.EqualValues(t, 200, replaced)
}

// Writers of several versions meet on documents that are not there yet: the insert of an older one
// must not make a newer one believe it came too late, and FerretDB's update in two steps must not
// put an older one over a newer one.
func TestNewestStaysWhenManyWriteAtOnce(t *testing.T) {
	things := open(t)
	const ids, writers = 20, 8
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			documents := make([]mongodb.Document, ids)
			for id := range documents {
				documents[id] = mongodb.Document{ID: id, Version: int64((writer+id)%writers + 1), Doc: bson.M{}}
			}
			if err := mongodb.ReplaceIfNewer(t.Context(), things, documents); err != nil {
				t.Errorf("writer %d: %v", writer, err)
			}
		})
	}
	group.Wait()
	for id := range ids {
		var found struct{ Version int64 }
		require.NoError(t, things.FindOne(t.Context(), bson.D{{Key: "_id", Value: id}}).Decode(&found))
		require.EqualValues(t, writers, found.Version, "document %d", id)
	}
}

func TestCommandsAreSpansWithoutValues(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	telemetry.SetupForTest(t, spans)
	things := open(t)
	require.Empty(t, spans.GetSpans(), "the ping belongs to no trace")
	ctx, span := otel.Tracer("test").Start(t.Context(), "request")
	require.NoError(t, replace(ctx, things, "a", 1, bson.M{"name": "geheim"}))
	require.ErrorIs(t, things.FindOne(ctx, bson.D{{Key: "_id", Value: "geheim"}, {Key: "name", Value: "geheim"}}).Err(), mongo.ErrNoDocuments)
	span.End()
	var find tracetest.SpanStub
	for _, stub := range spans.GetSpans() {
		require.NotContains(t, fmt.Sprint(stub), "geheim")
		if stub.Name == "find things" {
			find = stub
		}
	}
	require.Equal(t, span.SpanContext().SpanID(), find.Parent.SpanID())
	require.Equal(t, trace.SpanKindClient, find.SpanKind)
}

func TestOpenSaysWhatIsWrongWithoutThePassword(t *testing.T) {
	for uri, problem := range map[string]string{
		"mongodb://user:geheim@127.0.0.1:1/":             "no answer from MongoDB at MONGODB_URI",
		"mongodb://user:geheim@127.0.0.1:1,127.0.0.1:2/": "no answer from MongoDB at MONGODB_URI",
		"http://user:geheim@127.0.0.1/":                  "MONGODB_URI is not a MongoDB URI",
		"":                                               "MONGODB_URI is not a MongoDB URI",
	} {
		_, err := mongodb.Open(t.Context(), uri, "db")
		require.ErrorContains(t, err, problem, strings.ReplaceAll(uri, "geheim", "…"))
		require.NotContains(t, err.Error(), "geheim")
	}
	_, err := mongodb.Open(t.Context(), "mongodb://127.0.0.1:1/", "")
	require.ErrorContains(t, err, "no database name")
}
