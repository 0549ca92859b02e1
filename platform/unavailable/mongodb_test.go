package unavailable_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/ordersaga/ordersaga/platform/mongodb"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/netfault"
	"github.com/ordersaga/ordersaga/platform/unavailable"
)

func TestNotNowIsToldFromNever(t *testing.T) {
	command := func(code int32, message string) error {
		return fmt.Errorf("update 3 parts: %w", mongo.CommandError{Code: code, Message: message})
	}
	write := func(code int) error {
		return mongo.BulkWriteException{WriteErrors: []mongo.BulkWriteError{{WriteError: mongo.WriteError{Code: code}}}}
	}
	for name, err := range map[string]error{
		"not the primary":            command(10107, "not primary"),
		"stepping down":              command(189, "the primary steps down"),
		"no majority":                mongo.WriteException{WriteConcernError: &mongo.WriteConcernError{Code: 64}},
		"a full disk":                write(14031),
		"a retryable write":          mongo.CommandError{Code: 4711, Labels: []string{"RetryableWriteError"}},
		"too slow":                   fmt.Errorf("insert: %w", context.DeadlineExceeded),
		"FerretDB's is read-only":    command(1, "[pool.go] ERROR: cannot execute UPDATE in a read-only transaction (SQLSTATE 25006)"),
		"FerretDB's is shut down":    command(1, "FATAL: terminating connection due to administrator command (SQLSTATE 57P01)"),
		"FerretDB's takes no others": command(1, "FATAL: sorry, too many clients already (SQLSTATE 53300)"),
	} {
		assert.True(t, unavailable.Is(err), "%s: %v", name, err)
	}
	for name, err := range map[string]error{
		"nothing":                nil,
		"a duplicate key":        write(11000),
		"a bad value":            command(2, "bad value"),
		"a document too large":   command(17419, "document too large"),
		"FerretDB's own mistake": command(1, "[insert.go] unexpected type"),
		"a constraint":           command(1, "ERROR: value too long (SQLSTATE 22001)"),
		"no such document":       mongo.ErrNoDocuments,
		"something else":         errors.New("something else"),
	} {
		assert.False(t, unavailable.Is(err), "%s: %v", name, err)
	}
}

func TestAStoreThatIsAwayIsNotNow(t *testing.T) {
	uri, database := testkit.MongoDB(t)
	line := netfault.New(t, uri)
	db, err := mongodb.Open(t.Context(), line.URL(), database)
	require.NoError(t, err)
	t.Cleanup(func() { _ = mongodb.Close(context.Background(), db) })
	insert := func() error {
		_, err := db.Collection("things").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}})
		return err
	}
	require.NoError(t, insert())
	require.False(t, unavailable.Is(insert()), "a duplicate key")
	line.Cut()
	err = insert()
	require.Error(t, err)
	require.True(t, unavailable.Is(err), "%v", err)
}

// FerretDB keeps its documents in PostgreSQL and passes on what that says, here of one collection's
// table that refuses writes as a database in a fail-over does.
func TestAStoreThatTakesNoWritesIsNotNow(t *testing.T) {
	uri, database := testkit.MongoDB(t)
	db, err := mongodb.Open(t.Context(), uri, database)
	require.NoError(t, err)
	t.Cleanup(func() { _ = mongodb.Close(context.Background(), db) })
	things := db.Collection("things")
	_, err = things.InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}})
	require.NoError(t, err)

	underneath, err := url.Parse(testkit.Running(t).Postgres.URL)
	require.NoError(t, err)
	underneath.Path = "/ferretdb"
	sqlDB, err := sql.Open("pgx", underneath.String())
	require.NoError(t, err)
	defer sqlDB.Close()
	var table string
	require.NoError(t, sqlDB.QueryRowContext(t.Context(),
		"SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename LIKE 'things%'", database).Scan(&table))
	for _, statement := range []string{
		`CREATE FUNCTION "%[1]s".refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			RAISE EXCEPTION 'cannot execute % in a read-only transaction', TG_OP USING ERRCODE = '25006'; END $$`,
		`CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON "%[1]s"."%[2]s" EXECUTE FUNCTION "%[1]s".refuse()`,
	} {
		_, err := sqlDB.ExecContext(t.Context(), strings.NewReplacer("%[1]s", database, "%[2]s", table).Replace(statement))
		require.NoError(t, err)
	}
	_, inserting := things.InsertMany(t.Context(), []any{bson.D{{Key: "_id", Value: 2}}, bson.D{{Key: "_id", Value: 3}}})
	require.Error(t, inserting)
	require.True(t, unavailable.Is(inserting), "%v", inserting)
	_, updating := things.BulkWrite(t.Context(), []mongo.WriteModel{
		mongo.NewUpdateManyModel().SetFilter(bson.D{{Key: "_id", Value: 1}}).SetUpdate(bson.D{{Key: "$set", Value: bson.D{{Key: "a", Value: 1}}}}),
	})
	require.Error(t, updating)
	require.True(t, unavailable.Is(updating), "%v", updating)
}
