package operate_test

import (
	"flag"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// lostOrders is how many orders are in flight when Temporal is lost: `-lost 1000` measures.
var lostOrders = flag.Int("lost", 24, "how many orders are in flight when Temporal is lost")

// Temporal's database is lost while orders are placed, cancelled and stuck. The streams alone settle
// every order that was recorded.
func TestWithTemporalLostTheStreamsSettleEveryOrder(t *testing.T) {
	// The sweep does not help.
	s := shop.Open(t, shop.Options{Env: map[string][]string{shop.Worker: {"SWEEP_INTERVAL=1h"}}})
	n := *lostOrders
	s.Sells("tea", 2500, int64(2*n))
	anna := s.Customer("anna")
	// A third is confirmed, and then cancelled while the provider is away: stuck.
	cancelled := each(n/3, func(i int) string {
		answer := anna.Place(fmt.Sprint("cancelled ", i), shop.Of("tea", 1, "card_approve"), "Prefer", "wait=50")
		assert.Equal(t, http.StatusCreated, answer.Status, "%s", answer)
		return answer.Field("id").(string)
	})
	s.Kill(shop.Paysim)
	each(len(cancelled), func(i int) string {
		answer := anna.Post(shop.Orders, "/v1/orders/"+cancelled[i]+"/cancellations", map[string]any{"reason": "customer"},
			"Idempotency-Key", "k", "If-Match", "*", "Prefer", "respond-async")
		assert.Equal(t, http.StatusAccepted, answer.Status, "%s", answer)
		return ""
	})
	testkit.Eventually(t, "the cancellations to be stuck", func() bool {
		printed, _ := s.Run("sagas", "causes")
		return strings.Contains(printed, fmt.Sprintf("cancel-order/VoidPayment/unavailable  %d ", len(cancelled)))
	})
	// The others wait for the provider at different steps.
	placed := each(n-len(cancelled), func(i int) string {
		answer := anna.Place(fmt.Sprint("placed ", i), shop.Of("tea", 1, "card_approve"), "Prefer", "respond-async")
		assert.Equal(t, http.StatusAccepted, answer.Status, "%s", answer)
		return answer.Field("id").(string)
	})
	testkit.Eventually(t, "half of the orders to hold stock", func() bool {
		return s.Stock("tea").Reserved >= int64(len(placed)/2)
	})

	s.LoseTemporal()
	s.Start(shop.Paysim)
	testkit.Eventually(t, "sagas without a run to be listed", func() bool {
		printed, _ := s.Run("sagas", "causes")
		return strings.Contains(printed, fmt.Sprintf("cancel-order/-/no_run                 %d ", len(cancelled)))
	})
	begun := time.Now()
	printed, code := s.Run("recover", "--page", "10")
	require.Zero(t, code, printed)
	again, code := s.Run("recover") // while the sagas run, and end
	require.Zero(t, code, again)

	unrecorded := 0
	testkit.Eventually(t, "every recorded order to be settled", func() bool {
		unrecorded = 0
		for _, id := range cancelled {
			if s.Order(id).Status != sagas.StatusCancelled {
				return false
			}
		}
		for _, id := range placed {
			answer := s.Operator().Get(shop.Orders, "/v1/orders/"+id)
			if answer.Status == http.StatusNotFound {
				unrecorded++
			} else if answer.Field("status") == sagas.StatusPlaced {
				return false
			}
		}
		return true
	})
	t.Logf("%d orders settled %s after Temporal was there again, %d were accepted and never recorded:\n%s",
		n, time.Since(begun).Round(time.Millisecond), unrecorded, printed)
	again, code = s.Run("recover")
	require.Zero(t, code, again)
	assert.Contains(t, again, "0 open sagas: 0 had no run")
	verified, code := s.Run("verify")
	assert.Zero(t, code, verified)
}
