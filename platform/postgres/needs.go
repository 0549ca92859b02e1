package postgres

import (
	"context"
	"fmt"
)

// oldest is the oldest supported server version: the first with idle_session_timeout.
const oldest = 14

// about describes a database and the role that is connected.
type about struct {
	number                                    int // of the version: 150018
	version, database, role, encoding, commit string
	// schema in which tables are made; none when there is none on the search_path.
	schema      *string
	creates     bool
	superuser   bool
	connections int
}

func (a about) String() string {
	return fmt.Sprintf("PostgreSQL %s, database %s, as %s", a.version, a.database, a.role)
}

func (db *DB) about(ctx context.Context) (a about, err error) {
	err = db.SQL.QueryRowContext(ctx, `
		SELECT current_setting('server_version_num')::int, current_setting('server_version'), current_database(), current_user,
			current_setting('server_encoding'), current_setting('synchronous_commit'),
			current_schema(), coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
			(SELECT rolsuper FROM pg_roles WHERE rolname = current_user), current_setting('max_connections')::int`).
		Scan(&a.number, &a.version, &a.database, &a.role, &a.encoding, &a.commit, &a.schema, &a.creates, &a.superuser, &a.connections)
	if err != nil {
		return about{}, fmt.Errorf("read PostgreSQL's version and settings: %w", err)
	}
	return a, nil
}

// lack returns an error of one line for a missing requirement, with what to do.
func (a about) lack() error {
	switch {
	case a.number/10000 < oldest:
		return fmt.Errorf("%s: PostgreSQL %d or newer is needed", a, oldest)
	case a.encoding != "UTF8":
		return fmt.Errorf("%s: its encoding is %s; CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'", a, a.encoding)
	case a.schema == nil:
		return fmt.Errorf("%s: there is no schema on the role's search_path; create schema public, or set search_path", a)
	}
	return nil
}

// session returns the session settings that the statements rely on, whatever the defaults of the
// server, the database or the role are.
func session() map[string]string {
	return map[string]string{
		"client_encoding":               "UTF8",
		"timezone":                      "UTC",
		"datestyle":                     "ISO, YMD",
		"intervalstyle":                 "postgres",
		"default_transaction_isolation": "read committed",
	}
}
