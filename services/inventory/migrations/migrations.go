// Package migrations has inventory's tables.
package migrations

import "embed"

// Files are goose migrations, for postgres.Migrate.
//
//go:embed *.sql
var Files embed.FS
