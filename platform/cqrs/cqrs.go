// Package cqrs is the typed pipeline of every command and query.
//
// A use case is a function; Command and Query make a Handler of it that recovers from panics and
// records a span, a metric and a log line. There is no registry and no reflection: a route has its
// handler.
package cqrs

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

// Handler handles one use case.
type Handler[Req, Res any] interface {
	Handle(ctx context.Context, req Req) (Res, error)
}

// HandlerFunc is a use case as a function.
type HandlerFunc[Req, Res any] func(ctx context.Context, req Req) (Res, error)

// Handle calls the function.
func (f HandlerFunc[Req, Res]) Handle(ctx context.Context, req Req) (Res, error) { return f(ctx, req) }

// Command makes the handler of a use case that changes something: "place_order".
func Command[Req, Res any](name string, handle func(ctx context.Context, req Req) (Res, error)) Handler[Req, Res] {
	return observe(newUseCase("command", name), handle)
}

// Query makes the handler of a use case that changes nothing: "list_orders".
func Query[Req, Res any](name string, handle func(ctx context.Context, req Req) (Res, error)) Handler[Req, Res] {
	return observe(newUseCase("query", name), handle)
}

// InTx makes a use case of a function that runs in one transaction: committed when it returns no
// error. The transaction may be run again, so the function must not keep results of a failed try.
func InTx[Req, Res any](db *postgres.DB, handle func(ctx context.Context, tx *postgres.Tx, req Req) (Res, error)) HandlerFunc[Req, Res] {
	return func(ctx context.Context, req Req) (Res, error) {
		var res Res
		err := db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) (err error) {
			res, err = handle(ctx, tx, req)
			return err
		})
		if err != nil {
			var none Res
			return none, err
		}
		return res, nil
	}
}
