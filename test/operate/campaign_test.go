package operate_test

import (
	"flag"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// How many orders get stuck, and when the act comes: `-stuck 500 -away 1m` measures. Pauses double, so
// after some time without the provider no saga tries by itself while it starts and the act works, and
// the act settles each of the orders.
var (
	stuckOrders = flag.Int("stuck", 12, "how many orders get stuck for one cause")
	away        = flag.Duration("away", 10*time.Second, "how far off the next tries of all orders are before the act")
)

// The provider is away while orders are cancelled. One act settles them all when it is back; while it
// is away, the act stops at its first order.
func TestOneActSettlesAllOrdersThatAreStuckForOneCause(t *testing.T) {
	// A provider that is slow with many voids at once is not what is tested.
	s := shop.Open(t, shop.Options{Env: map[string][]string{shop.Payments: {"PAYMENT_PROVIDER_TIMEOUT=5s", "PAYMENT_LOOKUP_DEADLINE=20s"}}})
	n := *stuckOrders
	s.Sells("tea", 2500, int64(2*n))
	anna := s.Customer("anna")
	ids := each(n, func(i int) string {
		answer := anna.Place(fmt.Sprint("order ", i), shop.Of("tea", 2, "card_approve"), "Prefer", "wait=50")
		if !assert.Equal(t, http.StatusCreated, answer.Status, "%s", answer) {
			return ""
		}
		return answer.Field("id").(string)
	})
	showsCauses(t, s, ids)
	s.Kill(shop.Paysim)
	each(n, func(i int) string {
		answer := anna.Post(shop.Orders, "/v1/orders/"+ids[i]+"/cancellations", map[string]any{"reason": "customer"},
			"Idempotency-Key", "k", "If-Match", "*", "Prefer", "respond-async")
		assert.Equal(t, http.StatusAccepted, answer.Status, "%s", answer)
		return ""
	})
	const cause = "cancel-order/VoidPayment/unavailable"
	awaitMany(t, "orders to be stuck for one cause", n, func() int { return stuckFor(s)[cause] })
	printed, code := s.Run("why", ids[0])
	require.Zero(t, code, printed)
	assert.Regexp(t, `stuck in VoidPayment after \d+ attempts: payments says that something it needs does not work`, printed)
	assert.Contains(t, printed, "voids £50.00 now")
	assert.Contains(t, printed, "trace")

	act := []string{"sagas", "retry", "--cause", cause, "--yes", "--note"}
	printed, code = s.Run(append(act, "is it back?", "--dry-run")...)
	require.Zero(t, code, printed)
	assert.Contains(t, strings.ReplaceAll(printed, ",", ""), fmt.Sprintf("retry on %d orders of £%d.00 together", n, 50*n))
	printed, code = s.Run(append(act, "is it back?")...)
	assert.Equal(t, 3, code, printed)
	assert.Contains(t, printed, fmt.Sprintf("Stopped; %d orders were not touched", n-1), "the act stops after the canary")

	require.Eventually(t, func() bool { return nextTryAfter(s, *away) == n }, 15*time.Minute, time.Second, "next tries are far off")
	s.Start(shop.Paysim)
	begun := time.Now()
	printed, code = s.Run(append(act, "the provider is back", "--key", "settled")...)
	took := time.Since(begun)
	t.Logf("%d orders in %s:\n%s", n, took.Round(time.Millisecond), printed)
	require.Zero(t, code, printed)
	for _, id := range ids {
		testkit.Eventually(t, "order "+id+" to be cancelled", func() bool { return s.Order(id).Status == sagas.StatusCancelled })
	}
	// Each order of the act is accounted for: the act stands in its stream, or it is named as one that
	// had gone on. On a slow machine others may have settled by their own next try before.
	acted, named := 0, 0
	for _, id := range ids {
		timeline := string(s.Operator().Get(shop.Orders, "/v1/orders/"+id+"/timeline").Body)
		acts := strings.Count(timeline, "decided: retry, with all that are stuck for "+cause+": the provider is back")
		lines := strings.Count(printed, "order "+id+": had gone on by itself before the act")
		assert.LessOrEqual(t, acts+lines, 1, "order %s: %d acts", id, acts)
		acted, named = acted+acts, named+lines
	}
	assert.Contains(t, printed, fmt.Sprintf("%d of %d helped, %d had gone on before, 0 not helped", acted, acted+named, named))
	assert.NotZero(t, acted)
	if *away >= time.Minute {
		assert.Equal(t, n, acted, "each order is settled by the act")
		assert.Less(t, took, time.Minute)
	}
	printed, code = s.Run("verify")
	assert.Zero(t, code, printed)
}

// nextTryAfter is how many of at most 1,000 stuck orders are not tried again before a time from now.
func nextTryAfter(s *shop.Shop, wait time.Duration) (orders int) {
	var page struct {
		Orders []struct {
			NextTry time.Time `json:"next_try"`
		}
	}
	if s.Operator().Get(shop.Orders, "/v1/sagas/stuck?limit=1000").Into(&page) != nil {
		return 0
	}
	for _, order := range page.Orders {
		if time.Until(order.NextTry) > wait {
			orders++
		}
	}
	return orders
}

// each runs a function for 0 to n-1, a few at a time.
func each(n int, do func(int) string) []string {
	results := make([]string, n)
	var working sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i := range n {
		slots <- struct{}{}
		working.Go(func() { results[i] = do(i); <-slots })
	}
	working.Wait()
	return results
}
