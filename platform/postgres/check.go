package postgres

import (
	"context"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/doctor"
)

// Check tells whether the database of a URL answers and lets its role make the
// tables that migrations need.
func Check(databaseURL string) doctor.Check {
	return doctor.Check{Subject: "DATABASE_URL", Encrypted: func() error { return encrypted(databaseURL) }, Try: func(ctx context.Context) (string, error) {
		db, err := Open(ctx, databaseURL)
		if err != nil {
			return "", err
		}
		defer db.Close()
		var version, database, role string
		var schema *string
		var creates, super bool
		var room int
		err = db.SQL.QueryRowContext(ctx, `SELECT current_setting('server_version'), current_database(), current_user, current_schema(),
			coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
			(SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
			current_setting('max_connections')::int`).Scan(&version, &database, &role, &schema, &creates, &super, &room)
		if err != nil {
			return "", fmt.Errorf("ask PostgreSQL about itself: %w", err)
		}
		found := fmt.Sprintf("PostgreSQL %s, database %s, as %s", version, database, role)
		switch {
		case schema == nil:
			return "", fmt.Errorf("%s: there is no schema on the role's search_path; create schema public, or set search_path", found)
		case !creates:
			return "", fmt.Errorf("%s: the role may not create tables; GRANT CREATE ON SCHEMA %s TO %s, or make it the owner of the database", found, *schema, role)
		case super:
			return found, doctor.Remark("the role is a superuser; a role that owns this database is enough")
		case room < 2*maxConns:
			return found, doctor.Remark(fmt.Sprintf("max_connections is %d, and each program opens up to %d", room, maxConns))
		}
		return found, nil
	}}
}
