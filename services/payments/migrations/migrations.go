// Package migrations has payments' tables.
package migrations

import (
	"embed"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

//go:embed *.sql
var files embed.FS

// Own are payments' own tables.
var Own = postgres.Migrations{Name: "service", Files: files}

// All are payments' tables and those of its building blocks.
var All = []postgres.Migrations{Own}
