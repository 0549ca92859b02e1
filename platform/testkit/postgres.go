package testkit

import (
	"context"
	"database/sql"
	"net/url"
	"testing"
)

// Postgres makes an empty database for this test and drops it afterwards. Its locale, time zone and
// defaults differ from those of a new installation, because statements must not depend on them: it
// sorts as in English, by ICU, if the server can.
func Postgres(t testing.TB) (databaseURL string) {
	t.Helper()
	name := "test_" + unique()
	return database(t, name, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'"+english(t),
		"ALTER DATABASE "+name+" SET timezone = 'Asia/Kathmandu'",
		"ALTER DATABASE "+name+" SET datestyle = 'SQL, DMY'",
		"ALTER DATABASE "+name+" SET intervalstyle = 'iso_8601'",
		"ALTER DATABASE "+name+" SET default_transaction_isolation = 'serializable'")
}

// PostgresWith makes a database with options of CREATE DATABASE.
func PostgresWith(t testing.TB, options string) (databaseURL string) {
	t.Helper()
	name := "test_" + unique()
	return database(t, name, "CREATE DATABASE "+name+" "+options)
}

func database(t testing.TB, name string, statements ...string) (databaseURL string) {
	t.Helper()
	engines := Running(t)
	admin, err := sql.Open("pgx", engines.Postgres.URL)
	if err != nil {
		t.Fatalf("open the engines' PostgreSQL: %v", err)
	}
	for _, statement := range statements {
		execute(t, admin, statement)
	}
	t.Cleanup(func() {
		defer admin.Close()
		execute(t, admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	})
	parsed, err := url.Parse(engines.Postgres.URL)
	if err != nil {
		t.Fatalf("the engines' PostgreSQL URL: %v", err)
	}
	parsed.Path = "/" + name
	return parsed.String()
}

// english returns the options for a database that does not sort by bytes, if the server has ICU
// (from PostgreSQL 15).
func english(t testing.TB) string {
	t.Helper()
	admin, err := sql.Open("pgx", Running(t).Postgres.URL)
	if err != nil {
		t.Fatalf("open the engines' PostgreSQL: %v", err)
	}
	defer admin.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var there bool
	err = admin.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int >= 150000
		AND EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i')`).Scan(&there)
	if err != nil {
		t.Fatalf("ask the engines' PostgreSQL for ICU: %v", err)
	}
	if !there {
		return ""
	}
	return " LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
}

// TextKeysAreBytewise fails the test for indexed columns that sort by the database's locale: their
// order would differ between databases, and their indexes would be wrong after an update of the
// system's locales.
func TextKeysAreBytewise(t testing.TB, db interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
},
) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `
		SELECT DISTINCT i.indrelid::regclass || '.' || a.attname
		FROM pg_index i
		JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = current_schema()::regnamespace
		JOIN pg_attribute x ON x.attrelid = i.indexrelid
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[x.attnum - 1]
		JOIN pg_collation l ON l.oid = x.attcollation
		WHERE l.collname <> 'C' AND c.relname NOT LIKE 'schema_versions%'`)
	if err != nil {
		t.Fatalf("look for keys that sort by the locale: %v", err)
	}
	defer rows.Close()
	for rows.Next() {
		var column string
		if err := rows.Scan(&column); err != nil {
			t.Fatal(err)
		}
		t.Errorf(`%s is a key and sorts by the database's locale: text COLLATE "C"`, column)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
