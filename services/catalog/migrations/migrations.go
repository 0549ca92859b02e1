// Package migrations has the catalog's tables.
package migrations

import (
	"embed"

	"github.com/ordersaga/ordersaga/platform/outbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/readmodel"
	"github.com/ordersaga/ordersaga/services/catalog/internal/productsearch"
)

//go:embed *.sql
var files embed.FS

// Own are the catalog's own tables. The next file is 00021: 00020 has run in databases, and goose
// refuses a lower number after it.
var Own = postgres.Migrations{Name: "service", Files: files}

// All are the catalog's tables and those of its building blocks.
var All = []postgres.Migrations{outbox.Migrations, readmodel.Migrations, Own, productsearch.Migrations}
