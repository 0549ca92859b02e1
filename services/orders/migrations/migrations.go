// Package migrations has the tables of orders beside its event log.
package migrations

import "embed"

// Files are goose migrations.
//
//go:embed *.sql
var Files embed.FS
