package postgres

import (
	"context"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
)

// answerTimeout bounds a statement whose caller set no deadline. The server ends slow statements
// earlier, so this ends only waiting on a silent connection.
const answerTimeout = statementTimeout + 5*time.Second

// tracer makes a span of each statement, and gives it a deadline if it has none. It has none of the
// other methods of otelpgx: a span and a measurement for each connection that is taken out of the
// pool cost as much as those of the statement.
type tracer struct{ statements *otelpgx.Tracer }

type cancelKey struct{}

// TraceQueryStart returns the context of the statement.
func (t tracer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	ctx = t.statements.TraceQueryStart(ctx, conn, data)
	if _, bounded := ctx.Deadline(); bounded {
		return ctx
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	return context.WithValue(ctx, cancelKey{}, cancel)
}

// TraceQueryEnd is called when the statement failed or its last row was read.
func (t tracer) TraceQueryEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryEndData) {
	t.statements.TraceQueryEnd(ctx, conn, data)
	if cancel, ok := ctx.Value(cancelKey{}).(context.CancelFunc); ok {
		cancel()
	}
}
