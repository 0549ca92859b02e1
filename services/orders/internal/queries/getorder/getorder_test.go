package getorder_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
)

func TestAnOrderIsItsOwnersAndTheOperators(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	placed := w.As("ann").Place("k", orderstest.Body)
	path := placed.Header.Get("Location")

	shown := w.As("ann").Get(path)
	require.Equal(t, http.StatusOK, shown.Status)
	require.Equal(t, string(placed.Body), string(shown.Body), "read your own write")
	require.Equal(t, `"6"`, shown.Header.Get("ETag"))
	require.Equal(t, http.StatusOK, w.As("op", auth.ScopeOperator).Get(path).Status)

	for name, answer := range map[string]*orderstest.Answer{
		"somebody else's": w.As("bob").Get(path),
		"unknown":         w.As("ann").Get("/v1/orders/00000000-0000-4000-8000-000000000000"),
		"no id":           w.As("ann").Get("/v1/orders/1"),
		"in braces":       w.As("ann").Get("/v1/orders/%7B" + strings.TrimPrefix(path, "/v1/orders/") + "%7D"),
		"no such path":    w.As("ann").Get("/v1/order"),
	} {
		require.Equal(t, http.StatusNotFound, answer.Status, name)
		require.Equal(t, "application/problem+json", answer.Header.Get("Content-Type"), name)
	}
	anonymous := w.Anonymous().Get(path)
	require.Equal(t, http.StatusUnauthorized, anonymous.Status)
	require.Contains(t, anonymous.Header.Get("WWW-Authenticate"), "Bearer")
}

func TestOnlyOperatorsSeeWhereASagaIsStuck(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	ann := w.As("ann")
	answer := ann.Place("k", orderstest.BodyPaidBy(orderstest.Hold), "Prefer", "wait=1")
	path := answer.Header.Get("Location")
	require.NoError(t, w.Orders.Update(t.Context(), answer.Order().ID, func(o *domain.Order) error {
		o.MarkStuck(domain.Placing(o.ID()), []domain.StuckStep{{Step: "AuthorizePayment", Attempts: 5, LastError: "dial tcp 10.0.0.7"}}, "", o.PlacedAt())
		return nil
	}))
	require.NotContains(t, string(ann.Get(path).Body), "10.0.0.7")
	require.NotContains(t, string(ann.Get(path+"/timeline").Body), "10.0.0.7")
	operator := w.As("op", auth.ScopeOperator)
	require.Equal(t, "dial tcp 10.0.0.7", operator.Get(path).Order().Stuck.Steps[0].LastError)
	require.Contains(t, string(operator.Get(path+"/timeline").Body), "10.0.0.7")
}
