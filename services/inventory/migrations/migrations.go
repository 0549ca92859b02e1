// Package migrations has inventory's tables.
package migrations

import (
	"embed"

	"github.com/ordersaga/ordersaga/platform/barrier"
	"github.com/ordersaga/ordersaga/platform/inbox"
	"github.com/ordersaga/ordersaga/platform/outbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
)

//go:embed *.sql
var files embed.FS

// Own are inventory's own tables.
var Own = postgres.Migrations{Name: "service", Files: files}

// All are inventory's tables and those of its building blocks.
var All = []postgres.Migrations{barrier.Migrations, outbox.Migrations, inbox.Migrations, Own}
