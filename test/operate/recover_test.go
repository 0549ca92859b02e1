package operate_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// lostOrders is how many orders are in flight when Temporal is lost: `-lost 1000` measures.
var lostOrders = flag.Int("lost", 24, "how many orders are in flight when Temporal is lost")

// Temporal's database is lost while orders are placed, and undone, and while placed ones are
// cancelled, shipped and refunded. The streams alone settle every order that was recorded.
func TestWithTemporalLostTheStreamsSettleEveryOrder(t *testing.T) {
	// The sweep does not help.
	s := shop.Open(t, shop.Options{Env: map[string][]string{shop.Worker: {"SWEEP_INTERVAL=1h"}}})
	n := *lostOrders
	s.Sells("tea", 2500, int64(2*n))
	anna := s.Customer("anna")
	confirmed := each(n*3/4, func(i int) string {
		answer := anna.Place(fmt.Sprint("confirmed ", i), shop.Of("tea", 1, "card_approve"), "Prefer", "wait=50")
		assert.Equal(t, http.StatusCreated, answer.Status, "%s", answer)
		return answer.Field("id").(string)
	})
	showsCauses(t, s, confirmed)
	third := len(confirmed) / 3
	ask := func(id, collection string, body map[string]any, headers ...string) string {
		who := anna
		if collection != "cancellations" {
			who = s.Operator()
		}
		answer := who.Post(shop.Orders, "/v1/orders/"+id+"/"+collection, body, append(headers, "Idempotency-Key", collection, "If-Match", "*")...)
		assert.Contains(t, []int{http.StatusAccepted, http.StatusCreated}, answer.Status, "%s", answer)
		return answer.Header.Get("Location")
	}
	requests := []struct {
		collection string
		body       map[string]any
		of         []string
		cause      string
	}{
		{"cancellations", map[string]any{"reason": "customer"}, confirmed[:third], "cancel-order/VoidPayment/unavailable"},
		{"shipments", map[string]any{}, confirmed[third : 2*third], "ship-order/CapturePayment/unavailable"},
		{
			"refunds",
			map[string]any{"reason": "late", "amount": map[string]any{"amount": 100, "currency": "GBP"}},
			confirmed[2*third:],
			"refund-order/RefundPayment/unavailable",
		},
	}
	each(len(requests[2].of), func(i int) string {
		return ask(requests[2].of[i], "shipments", map[string]any{}, "Prefer", "wait=50")
	})

	s.Kill(shop.Paysim)
	var locations []string
	for _, r := range requests {
		locations = append(locations, each(len(r.of), func(i int) string {
			return ask(r.of[i], r.collection, r.body, "Prefer", "respond-async")
		})...)
	}
	for _, r := range requests { // a few may be at work still
		awaitMany(t, "sagas to be stuck for "+r.cause, len(r.of)*9/10, func() int { return stuckFor(s)[r.cause] })
	}
	// The others wait for the provider at different steps; some are given up.
	placed := each(n-len(confirmed), func(i int) string {
		answer := anna.Place(fmt.Sprint("placed ", i), shop.Of("tea", 1, "card_approve"), "Prefer", "respond-async")
		assert.Equal(t, http.StatusAccepted, answer.Status, "%s", answer)
		return answer.Field("id").(string)
	})
	// Each is given up after half a minute, so of many only some hold stock at the same time.
	awaitMany(t, "orders to hold stock", third+min(len(placed)/2, 10), func() int { return int(s.Stock("tea").Reserved) })
	each(len(placed)/2, func(i int) string {
		return ask(placed[i], "cancellations", map[string]any{"reason": "customer"}, "Prefer", "respond-async")
	})

	s.LoseTemporal()
	s.Start(shop.Paysim)
	operator := s.Operator()
	underWay := func() int {
		return len(locations) - count(each(len(locations), func(i int) string {
			return fmt.Sprint(operator.Get(shop.Orders, locations[i]).Field("status"))
		}), "under_way")
	}
	require.Equal(t, len(locations), underWay())
	// On a slow machine some of the orders that are being placed were given up before.
	open := len(locations) + len(placed) - count(each(len(placed), func(i int) string { return s.Order(placed[i]).Status }), sagas.StatusPlaced)
	require.Greater(t, open, len(locations))
	// The list asks for at most 500 sagas one by one.
	awaitMany(t, "sagas without a run to be listed", min(open, 500), func() (lost int) {
		for cause, orders := range stuckFor(s) {
			if strings.HasSuffix(cause, "/-/no_run") {
				lost += orders
			}
		}
		return lost
	})
	begun := time.Now()
	printed, code := s.Run("recover", "--page", strconv.Itoa(max(10, n/10)))
	require.Zero(t, code, printed)
	again, code := s.Run("recover") // while the sagas run, and end
	require.Zero(t, code, again)

	awaitMany(t, "requests to be carried out", len(locations), func() int { return len(locations) - underWay() })
	unrecorded := 0
	awaitMany(t, "placed orders to be settled", len(placed), func() int {
		statuses := each(len(placed), func(i int) string {
			answer := operator.Get(shop.Orders, "/v1/orders/"+placed[i])
			if answer.Status == http.StatusNotFound {
				return "unrecorded"
			}
			return answer.Field("status").(string)
		})
		unrecorded = len(placed) - count(statuses, "unrecorded")
		return count(statuses, sagas.StatusPlaced)
	})
	took := time.Since(begun)
	t.Logf("%d orders settled %s after Temporal was there again, %d were accepted and never recorded:\n%s",
		n, took.Round(time.Millisecond), unrecorded, printed)
	awaitMany(t, "run of recover that finds nothing", 1, func() int {
		again, code = s.Run("recover")
		require.Zero(t, code, again)
		return strings.Count(again, "0 open sagas: 0 had no run")
	})
	for _, id := range requests[0].of {
		require.Equal(t, sagas.StatusCancelled, s.Order(id).Status)
	}
	verified, code := s.Run("verify")
	assert.Zero(t, code, verified)
}

// showsCauses shows, when the test fails, what is in the way of orders, and orders that are not among
// them.
func showsCauses(t *testing.T, s *shop.Shop, orders []string) {
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		printed, _ := s.Run("sagas", "causes")
		t.Log(printed)
		listed := string(s.Operator().Get(shop.Orders, "/v1/sagas/stuck?limit=1000").Body)
		for _, id := range orders {
			if !strings.Contains(listed, id) {
				t.Logf("%s", s.Operator().Get(shop.Orders, "/v1/orders/"+id+"/why"))
			}
		}
	})
}

// stuckFor is how many orders are stuck, by cause.
func stuckFor(s *shop.Shop) map[string]int {
	var found struct{ Causes []client.Cause }
	printed, _ := s.Run("sagas", "causes", "--json")
	orders := map[string]int{}
	if json.Unmarshal([]byte(printed), &found) == nil {
		for _, cause := range found.Causes {
			orders[cause.Cause] = cause.Orders
		}
	}
	return orders
}

// awaitMany waits for n of something, a part after the other: many take their time.
func awaitMany(t *testing.T, what string, n int, have func() int) {
	t.Helper()
	for parts, part := max(4, n/25), 1; part <= parts; part++ {
		testkit.Eventually(t, fmt.Sprintf("%d of %d %s", n*part/parts, n, what), func() bool { return have() >= n*part/parts })
	}
}

// count counts the texts that are none of the others.
func count(texts []string, others ...string) (n int) {
	for _, text := range texts {
		if !slices.Contains(others, text) {
			n++
		}
	}
	return n
}
