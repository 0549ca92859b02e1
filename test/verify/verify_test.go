// Package verify_test checks the check: a shop that is in order is found clean, and damage that is
// planted into its stores, one for each invariant, is found and named.
package verify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// noSweep keeps the sweep from settling an order that a test has planted as forgotten.
var noSweep = map[string][]string{shop.Worker: {"SWEEP_INTERVAL=1h"}}

// report as the command prints it.
type report struct {
	OK         bool `json:"ok"`
	Invariants []struct {
		ID         string `json:"id"`
		OK         bool   `json:"ok"`
		Violations int    `json:"violations"`
		Figures    []struct {
			Name  string `json:"name"`
			Value int64  `json:"value"`
		} `json:"figures"`
		Offenders []struct {
			What    string `json:"what"`
			Problem string `json:"problem"`
		} `json:"offenders"`
	} `json:"invariants"`
}

// violated are the invariants that are, with their offenders as lines.
func (r report) violated() map[string][]string {
	found := map[string][]string{}
	for _, invariant := range r.Invariants {
		if invariant.OK {
			continue
		}
		found[invariant.ID] = []string{}
		for _, offender := range invariant.Offenders {
			found[invariant.ID] = append(found[invariant.ID], offender.What+": "+offender.Problem)
		}
	}
	return found
}

func (r report) figure(id, name string) int64 {
	for _, invariant := range r.Invariants {
		for _, figure := range invariant.Figures {
			if invariant.ID == id && figure.Name == name {
				return figure.Value
			}
		}
	}
	return -1
}

func verify(t *testing.T, s *shop.Shop, settle string) (report, int) {
	t.Helper()
	printed, code := s.Run("verify", "--json", "--settle", settle)
	var found report
	require.NoError(t, json.Unmarshal([]byte(printed), &found), "%s", printed)
	return found, code
}

func TestVerify(t *testing.T) {
	s := shop.Open(t, shop.Options{Env: noSweep})
	s.Sells("tea", 450, 100)
	s.Sells("mug", 900, 10)
	confirmed, rejected := aDay(t, s)

	t.Run("a shop in order is clean, while orders are under way", func(t *testing.T) {
		late := s.Customer("late")
		underWay := late.Place("late", shop.Of("tea", 1, "card_slow"), "Prefer", "respond-async")
		require.Less(t, underWay.Status, 300, "%s", underWay)
		testkit.Eventually(t, "the order to be recorded", func() bool {
			return late.Get(shop.Orders, underWay.Header.Get("Location")).Status == http.StatusOK
		})
		found, code := verify(t, s, "2m")
		assert.Equal(t, 0, code)
		assert.Empty(t, found.violated())
		assert.EqualValues(t, 13, found.figure("I4", "orders"))
		assert.EqualValues(t, 9, found.figure("I3", "confirmed"), "the one that was under way is settled")
		assert.EqualValues(t, 4, found.figure("I3", "rejected"))
		assert.EqualValues(t, 2, found.figure("I1", "SKUs"))
		assert.EqualValues(t, 13, found.figure("I5", "orders compared with their documents"))
		for _, subscription := range []string{"publisher", "open-sagas", "orders.1"} {
			assert.Positive(t, found.figure("I5", "events that "+subscription+" has read"), "%s follows the log, and verify does not look", subscription)
		}
	})
	t.Run("people get a table", func(t *testing.T) {
		printed, code := s.Run("verify")
		assert.Equal(t, 0, code, "%s", printed)
		for _, text := range []string{"I1", "I6", "ok", "2 SKUs", "9 confirmed"} {
			assert.Contains(t, printed, text)
		}
	})
	t.Run("the provider's books are those of payments, until somebody else uses the account", func(t *testing.T) {
		printed, code := s.Run("payments", "reconcile")
		require.Equal(t, 0, code, "%s", printed)
		assert.Contains(t, printed, "differences 0")
		ledger, code := s.Run("payments", "ledger", confirmed)
		require.Equal(t, 0, code, "%s", ledger)
		assert.Regexp(t, `held +£4\.50|held +4\.50`, ledger)

		made := s.Provider().Post(shop.Paysim, "/v1/authorizations", map[string]any{
			"reference": "somebody-else", "amount": 5, "currency": "GBP", "source": "card_approve",
		}, "Idempotency-Key", "somebody-else")
		require.Equal(t, http.StatusCreated, made.Status, "%s", made)
		printed, code = s.Run("payments", "reconcile")
		assert.Equal(t, 1, code, "%s", printed)
		assert.Contains(t, printed, "order somebody-else:")
		assert.Contains(t, printed, "of which the journal knows nothing")
		s.Provider().Post(shop.Paysim, "/v1/authorizations/"+made.Field("id").(string)+"/void", nil, "Idempotency-Key", "somebody-else/void")
	})
	t.Run("the audit calls are the operator's", func(t *testing.T) {
		for service, path := range map[string]string{
			shop.Orders: "/v1/audit/orders", shop.Inventory: "/v1/audit/stock", shop.Payments: "/v1/audit/provider", shop.Catalog: "/v1/audit/products",
		} {
			assert.Equal(t, http.StatusForbidden, s.Customer("anna").Get(service, path).Status, "%s", path)
		}
	})

	t.Run("the audit calls have pages", func(t *testing.T) {
		for _, list := range []struct {
			service, path, name string
			entries             int
		}{
			{shop.Orders, "/v1/audit/orders", "orders", 13},
			{shop.Inventory, "/v1/audit/reservations", "reservations", 11},
			{shop.Payments, "/v1/audit/payments", "payments", 11},
			{shop.Inventory, "/v1/audit/levels", "levels", 2},
			{shop.Catalog, "/v1/audit/products", "products", 2},
		} {
			entries, next := 0, ""
			for page := 1; page == 1 || next != ""; page++ {
				answer := s.Operator().Get(list.service, list.path+"?limit=1&cursor="+next)
				require.Equal(t, http.StatusOK, answer.Status, "%s: %s", list.path, answer)
				entries += len(answer.Field(list.name).([]any))
				next, _ = answer.Field("next_cursor").(string)
			}
			assert.Equal(t, list.entries, entries, "%s", list.path)
		}
	})
	for _, damage := range damages(s, confirmed, rejected) {
		t.Run(damage.name, func(t *testing.T) {
			damage.plant(t)
			found, code := verify(t, s, "3s")
			assert.Equal(t, 3, code)
			assert.Contains(t, strings.Join(found.violated()[damage.invariant], "\n"), damage.says, "%v", found.violated())
			damage.heal(t)
			healed, code := verify(t, s, "2m")
			assert.Equal(t, 0, code, "%v", healed.violated())
		})
	}
	t.Run("a fee that is wrong in one of the books", func(t *testing.T) { namesWrongFees(t, s) })
	t.Run("a dead letter is no harm when it is poison", func(t *testing.T) {
		deadLetter(t, s, "poison")
		found, code := verify(t, s, "2m")
		assert.Equal(t, 0, code, "%v", found.violated())
		assert.EqualValues(t, 1, found.figure("I6", "of these poison"))
	})
	// The last, since what is in the log stays there.
	t.Run("an order that is forgotten, until its saga says why", func(t *testing.T) {
		events := s.SQL(shop.Orders)
		forgotten := uuid.NewString()
		execute(t, events, `INSERT INTO events (stream, version, type, data, metadata, occurred_at)
			SELECT 'order-' || $2, 1, type, data, metadata, now() FROM events WHERE stream = 'order-' || $1 AND version = 1`, confirmed, forgotten)
		found, code := verify(t, s, "2s")
		assert.Equal(t, 3, code)
		assert.Contains(t, strings.Join(found.violated()["I4"], "\n"), "order "+forgotten)
		assert.EqualValues(t, 1, found.figure("I4", "unsettled"))

		execute(t, events, `INSERT INTO events (stream, version, type, data, metadata, occurred_at)
			VALUES ('order-' || $1, 2, 'SagaStuck.v1', '{"saga": "PlaceOrder", "step": "ReserveStock", "attempts": 5, "last_error": "away"}', '{}', now())`, forgotten)
		found, code = verify(t, s, "2m")
		assert.Equal(t, 0, code, "%v", found.violated())
		assert.EqualValues(t, 1, found.figure("I4", "stuck"))
	})
}

// Services are read one after the other while orders go on: what they say never fits exactly, and
// verify must not take that for damage.
func TestVerifyIsCleanInTheMiddleOfTheRush(t *testing.T) {
	s := shop.Open(t, shop.Options{Env: noSweep})
	s.Sells("tea", 450, 100_000)
	rush, over := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var placed atomic.Int64
	for n := range 4 {
		shopper := s.Customer(fmt.Sprintf("shopper-%d", n))
		all.Go(func() {
			for i := 0; rush.Err() == nil; i++ {
				card := []string{"card_approve", "card_approve", "card_declined"}[i%3]
				if _, err := shopper.TryPlace(fmt.Sprintf("rush-%d", i), shop.Of("tea", 1, card)); err != nil {
					t.Errorf("place: %v", err)
					return
				}
				placed.Add(1)
			}
		})
	}
	defer all.Wait()
	defer over()
	testkit.Eventually(t, "the rush", func() bool { return placed.Load() > 20 })
	for range 3 {
		found, code := verify(t, s, "2m")
		assert.Equal(t, 0, code, "%v", found.violated())
	}
}

// aDay is twelve orders of a shop's day, of which the first that was confirmed and the first that
// was rejected are named.
func aDay(t *testing.T, s *shop.Shop) (confirmed, rejected string) {
	t.Helper()
	for i := range 12 {
		basket, want := shop.Of("tea", int64(1+i%3), "card_approve"), http.StatusCreated
		switch i % 6 {
		case 2:
			basket, want = shop.Of("mug", 11, "card_approve"), http.StatusUnprocessableEntity
		case 5:
			basket, want = shop.Of("tea", 2, "card_declined"), http.StatusUnprocessableEntity
		}
		answer := s.Customer(fmt.Sprintf("customer-%d", i)).Place("order", basket)
		require.Equal(t, want, answer.Status, "%s", answer)
		switch {
		case want == http.StatusCreated && confirmed == "":
			confirmed = answer.Field("id").(string)
		case want != http.StatusCreated && i == 5:
			rejected = answer.Field("order_id").(string)
		}
	}
	return confirmed, rejected
}
