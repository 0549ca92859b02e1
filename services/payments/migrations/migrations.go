// Package migrations has the tables of payments.
package migrations

import "embed"

// Files has the goose migrations at its root.
//
//go:embed *.sql
var Files embed.FS
