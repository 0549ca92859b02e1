// Package migrations has orders' tables.
package migrations

import (
	"embed"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/readmodel"
)

//go:embed *.sql
var files embed.FS

// Own are orders' own tables.
var Own = postgres.Migrations{Name: "service", Files: files}

// All are orders' tables and those of its building blocks.
var All = []postgres.Migrations{eventstore.Migrations, readmodel.Migrations, Own}
