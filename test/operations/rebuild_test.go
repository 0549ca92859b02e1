package operations_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// Orders is killed while its lists are made anew, and goes on where it was when it runs again: the
// command, called again, follows the same rebuild to its end.
func TestARebuildGoesOnAfterAKill(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Load(t, "TEA", 30).Settles()
	operator := s.Operator()
	var began, now rebuild
	look := func() rebuild {
		now = state(t, operator, operator.Get(shop.Orders, "/v1/rebuilds/orders"))
		require.Equal(t, began.Generation, now.Generation, "it is the same rebuild")
		return now
	}
	// On a machine that lets the service go on and not the test, a rebuild is done before it is seen:
	// the next one has more to do.
	testkit.Eventually(t, "a rebuild to be seen in its middle", func() bool {
		lengthenLog(t, s)
		began = state(t, operator, operator.Post(shop.Orders, "/v1/rebuilds/orders", nil))
		again := state(t, operator, operator.Post(shop.Orders, "/v1/rebuilds/orders", nil))
		if again.Generation != began.Generation { // nothing but a rebuild that is done makes room for another
			return false
		}
		testkit.Eventually(t, "the rebuild to have begun", func() bool { return look().Done > 0 })
		return now.State == "building"
	})
	done := now.Done
	s.Kill(shop.Orders)
	s.Start(shop.Orders)
	require.GreaterOrEqual(t, look().Done, done, "what was done is not done again")
	testkit.Eventually(t, "the rebuild to be live", func() bool { return look().State == "live" })
	printed, code := s.Run("rebuild", "orders")
	require.Zero(t, code, printed)
	require.Contains(t, printed, "orders: rebuilt in")
	now = state(t, operator, operator.Get(shop.Orders, "/v1/rebuilds/orders"))
	require.Equal(t, "live", now.State)
	require.Greater(t, now.Generation, began.Generation, "it was live: this is another rebuild")
	var page struct {
		Orders []any `json:"orders"`
	}
	require.NoError(t, json.Unmarshal(operator.Get(shop.Orders, "/v1/orders?limit=200").Body, &page))
	require.Len(t, page.Orders, 200)
}

// lengthenLog adds events to the log, so that it takes a while to read: an order's own, under other
// names.
func lengthenLog(t *testing.T, s *shop.Shop) {
	t.Helper()
	_, err := s.SQL(shop.Orders).ExecContext(t.Context(), `
		INSERT INTO events (stream, version, type, data, metadata, occurred_at)
		SELECT 'order-' || gen.id, e.version, e.type, e.data, e.metadata, e.occurred_at
		FROM (SELECT n, gen_random_uuid() AS id FROM generate_series(1, 2000) AS n) AS gen,
			(SELECT * FROM events WHERE stream = (SELECT stream FROM events WHERE type = 'OrderConfirmed.v1' LIMIT 1)) AS e
		ORDER BY gen.n, e.version`)
	require.NoError(t, err)
}

type rebuild struct {
	Generation, Done, Total int64
	State                   string
}

func state(t *testing.T, _ *shop.Person, answer shop.Answer) (r rebuild) {
	t.Helper()
	require.Less(t, answer.Status, http.StatusMultipleChoices, "%s", answer)
	require.NoError(t, json.Unmarshal(answer.Body, &r))
	return r
}
