package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
)

// A line that falls silent under a statement: the caller who set no deadline has one all the same,
// above the server's own bound.
func TestEveryStatementHasADeadline(t *testing.T) {
	db, err := Open(t.Context(), testkit.Postgres(t))
	require.NoError(t, err)
	defer db.Close()
	used, ok := db.pool.Config().ConnConfig.Tracer.(tracer)
	require.True(t, ok)

	statement := used.TraceQueryStart(context.Background(), nil, pgx.TraceQueryStartData{SQL: "SELECT 1"})
	deadline, bounded := statement.Deadline()
	require.True(t, bounded)
	assert.Greater(t, time.Until(deadline), statementTimeout)
	assert.LessOrEqual(t, time.Until(deadline), answerTimeout)
	used.TraceQueryEnd(statement, nil, pgx.TraceQueryEndData{})
	assert.ErrorIs(t, statement.Err(), context.Canceled, "nothing of it is left")

	given, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	own, _ := given.Deadline()
	kept, _ := used.TraceQueryStart(given, nil, pgx.TraceQueryStartData{}).Deadline()
	assert.Equal(t, own, kept, "the caller's own stays")
}
