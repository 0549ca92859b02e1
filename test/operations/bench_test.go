package operations_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/test/shop"
)

// Pages that wait for a limit would be counted as slow ones, and the limit as what orders can do.
func TestTheBenchmarkOfListsDoesNotMeasureALimit(t *testing.T) {
	t.Parallel()
	limited := shop.Open(t, shop.Options{Env: map[string][]string{shop.Orders: {"RATE_LIMIT_PER_SECOND=1", "RATE_LIMIT_BURST=20"}}})
	printed, code := shop.Try(t, limited.AsOperator(), "ordersaga", "bench", "lists", "--for", "1m")
	require.Equal(t, 1, code, printed)
	require.Contains(t, printed, "start it with RATE_LIMIT_PER_SECOND=0")
}
