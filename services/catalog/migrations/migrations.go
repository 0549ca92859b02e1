// Package migrations has the catalog's own tables, for postgres.Migrate.
package migrations

import "embed"

// Files has the migrations at its root.
//
//go:embed *.sql
var Files embed.FS
