package order_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// What happens to units and money when people cancel, with everything deployed.
func TestOrdersAreCancelled(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 450, 1000)
	anna := s.Customer("anna")
	place := func(t *testing.T, key, card string, headers ...string) string {
		t.Helper()
		placed := anna.Place(key, shop.Of("tea", 4, card), headers...)
		require.Less(t, placed.Status, 300, "%s", placed)
		return placed.Field("id").(string)
	}
	cancel := func(by *shop.Person, id string, body map[string]any, headers ...string) shop.Answer {
		t.Helper()
		return by.Post(shop.Orders, "/v1/orders/"+id+"/cancellations", body, append([]string{"Idempotency-Key", "c1", "If-Match", "*"}, headers...)...)
	}
	customer := map[string]any{"reason": "customer"}
	some := func(units int) map[string]any {
		return map[string]any{"reason": "customer", "lines": []any{map[string]any{"line": 1, "quantity": units}}}
	}

	t.Run("a confirmed order as a whole", func(t *testing.T) {
		id := place(t, "whole", "card_approve")
		before := s.Stock("tea").Reserved
		done := cancel(anna, id, customer)
		require.Equal(t, http.StatusCreated, done.Status, "%s", done)
		assert.Equal(t, "done", done.Field("status"))
		assert.Equal(t, sagas.StatusCancelled, s.Order(id).Status)
		assert.Equal(t, "voided", s.Payment(id).Status)
		assert.Equal(t, shop.Books{Authorized: 1}, s.Books(id))
		assert.EqualValues(t, before-4, s.Stock("tea").Reserved)

		again := cancel(anna, id, customer)
		assert.Equal(t, http.StatusCreated, again.Status)
		assert.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
		assert.JSONEq(t, string(done.Body), string(again.Body))
		assert.Equal(t, http.StatusOK, anna.Get(shop.Orders, done.Header.Get("Location")).Status)
		other := cancel(anna, id, some(1))
		assert.Equal(t, http.StatusUnprocessableEntity, other.Status, "another request under the key: %s", other)
		second := cancel(anna, id, customer, "Idempotency-Key", "c2")
		assert.Equal(t, http.StatusConflict, second.Status)
		assert.Contains(t, second.Field("type"), "order-settled")
	})
	t.Run("units of it, and then the rest", func(t *testing.T) {
		id := place(t, "part", "card_approve")
		before := s.Stock("tea").Reserved
		preview := anna.Post(shop.Orders, "/v1/orders/"+id+"/cancellations/preview", map[string]any{"lines": []any{map[string]any{"line": 1, "quantity": 3}}})
		require.Equal(t, http.StatusOK, preview.Status, "%s", preview)
		assert.Equal(t, "frees 3 units; £13.50 is not charged", preview.Field("effect"))
		etag := preview.Header.Get("ETag")
		done := cancel(anna, id, some(3), "If-Match", etag)
		require.Equal(t, http.StatusCreated, done.Status, "%s", done)
		assert.Equal(t, sagas.StatusConfirmed, s.Order(id).Status)
		assert.EqualValues(t, before-3, s.Stock("tea").Reserved)
		assert.Equal(t, "authorized", s.Payment(id).Status)
		var order struct {
			Due   struct{ Amount int64 }
			Lines []struct{ Cancelled int64 }
		}
		require.NoError(t, anna.Get(shop.Orders, "/v1/orders/"+id).Into(&order))
		assert.EqualValues(t, 450, order.Due.Amount)
		assert.EqualValues(t, 3, order.Lines[0].Cancelled)

		stale := cancel(anna, id, some(1), "Idempotency-Key", "c2", "If-Match", etag)
		assert.Equal(t, http.StatusPreconditionFailed, stale.Status)
		tooMany := cancel(anna, id, some(2), "Idempotency-Key", "c2")
		assert.Equal(t, http.StatusConflict, tooMany.Status)
		assert.Contains(t, tooMany.Field("type"), "units-not-cancellable")
		rest := cancel(s.Operator(), id, customer, "Idempotency-Key", "c2")
		require.Equal(t, http.StatusCreated, rest.Status, "%s", rest)
		assert.Equal(t, sagas.StatusCancelled, s.Order(id).Status)
		assert.Equal(t, shop.Books{Authorized: 1}, s.Books(id))
		assert.EqualValues(t, before-4, s.Stock("tea").Reserved)
	})
	t.Run("while it is being placed", func(t *testing.T) {
		before := s.Stock("tea").Reserved
		g, back := authorizing(t, s)
		id := place(t, "placing", "card_approve", "Prefer", "respond-async")
		<-g.reached
		part := cancel(anna, id, some(1))
		assert.Equal(t, http.StatusConflict, part.Status, "%s", part)
		assert.NotEmpty(t, part.Header.Get("Retry-After"))
		asked := cancel(anna, id, customer, "Prefer", "respond-async")
		require.Less(t, asked.Status, 300, "%s", asked)
		back()
		testkit.Eventually(t, "the order to be cancelled", func() bool {
			return anna.Get(shop.Orders, asked.Header.Get("Location")).Field("status") == "done"
		})
		assert.Equal(t, sagas.StatusCancelled, s.Order(id).Status)
		testkit.Eventually(t, "nothing to be held at the provider", func() bool { return s.Books(id).Open == 0 })
		assert.EqualValues(t, before, s.Stock("tea").Reserved)
	})
	t.Run("with the worker gone in between", func(t *testing.T) {
		id := place(t, "crash", "card_approve")
		s.Kill(shop.Worker)
		asked := cancel(anna, id, customer, "Prefer", "respond-async")
		require.Equal(t, http.StatusAccepted, asked.Status, "%s", asked)
		busy := cancel(anna, id, customer, "Idempotency-Key", "c2")
		assert.Equal(t, http.StatusConflict, busy.Status)
		assert.Contains(t, busy.Field("type"), "saga-in-progress")
		assert.NotEmpty(t, busy.Header.Get("Retry-After"))
		s.Start(shop.Worker)
		testkit.Eventually(t, "the order to be cancelled", func() bool { return s.Order(id).Status == sagas.StatusCancelled })
		assert.Equal(t, shop.Books{Authorized: 1}, s.Books(id))
	})
	t.Run("not by others, and not without saying what was seen", func(t *testing.T) {
		id := place(t, "mine", "card_approve")
		assert.Equal(t, http.StatusNotFound, cancel(s.Customer("eve"), id, customer).Status)
		assert.Equal(t, http.StatusPreconditionRequired, cancel(anna, id, customer, "If-Match", "").Status)
		assert.Equal(t, http.StatusUnprocessableEntity, cancel(anna, id, map[string]any{"reason": "because"}).Status)
		twice := cancel(anna, id, map[string]any{"reason": "customer", "lines": []any{map[string]any{"line": 1, "quantity": 1}, map[string]any{"line": 1, "quantity": 1}}})
		assert.Equal(t, http.StatusUnprocessableEntity, twice.Status)
		assert.Equal(t, sagas.StatusConfirmed, s.Order(id).Status)
	})
}
