// Package cqrs is the one typed pipeline that every command and query passes.
//
// A use case is a Handler; Command and Query put the same decorators around it: recovery, tracing,
// metrics, logging, validation. There is no registry and no reflection: what handles a request is
// what the route was given.
package cqrs

import (
	"context"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

// Handler does one use case.
type Handler[Req, Res any] interface {
	Handle(ctx context.Context, req Req) (Res, error)
}

// HandlerFunc makes a Handler of a function.
type HandlerFunc[Req, Res any] func(ctx context.Context, req Req) (Res, error)

// Handle calls the function.
func (f HandlerFunc[Req, Res]) Handle(ctx context.Context, req Req) (Res, error) { return f(ctx, req) }

// Decorator adds something to the handler of the use case called name.
type Decorator[Req, Res any] func(name string, next Handler[Req, Res]) Handler[Req, Res]

// Command is a use case that changes something: "place_order".
func Command[Req, Res any](name string, h Handler[Req, Res]) Handler[Req, Res] {
	return pipeline("command", name, h)
}

// Query is a use case that changes nothing: "list_orders".
func Query[Req, Res any](name string, h Handler[Req, Res]) Handler[Req, Res] {
	return pipeline("query", name, h)
}

// Decorate puts decorators around a handler, the first of them outermost.
func Decorate[Req, Res any](name string, h Handler[Req, Res], decorators ...Decorator[Req, Res]) Handler[Req, Res] {
	for i := len(decorators) - 1; i >= 0; i-- {
		h = decorators[i](name, h)
	}
	return h
}

func pipeline[Req, Res any](kind, name string, h Handler[Req, Res]) Handler[Req, Res] {
	return Decorate(name, h,
		// Outside of recovery, so that a panic is an error to all of them.
		Tracing[Req, Res](kind),
		Metrics[Req, Res](kind),
		Logging[Req, Res](kind),
		Recovery[Req, Res](),
		Validation[Req, Res](),
	)
}

// InTx makes a handler of a function that runs in one transaction: committed when it returns no
// error. The transaction may be tried again, so the function keeps nothing of a failed try.
func InTx[Req, Res any](db *postgres.DB, handle func(ctx context.Context, tx *postgres.Tx, req Req) (Res, error)) Handler[Req, Res] {
	return HandlerFunc[Req, Res](func(ctx context.Context, req Req) (Res, error) {
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
	})
}
