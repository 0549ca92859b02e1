package placeorder_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
)

const identified = `{"currency":"GBP","lines":[{"sku":"TEA","quantity":4}],"payment_method":"confirm",
	"email":"ann@example.com","reference":"basket-7f3c","metadata":{"channel":"app","note":"two\nlines"},
	"delivery_address":{"name":"Ann Smith","line1":"1 High Street","city":"London","postal_code":"N1 9GU","country":"GB"},
	"billing_address":{"name":"Smith Ltd","line1":"2 Low Street","city":"Leeds","country":"GB"}}`

func TestAnOrderIsKnownByWhatItsRequestSays(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	ann := w.As("ann")
	placed := ann.Place("k", identified)
	require.Equal(t, http.StatusCreated, placed.Status, string(placed.Body))
	path := placed.Header.Get("Location")
	require.Equal(t, string(placed.Body), string(ann.Get(path).Body), "read your own write")
	order := placed.Order()
	require.Equal(t, "100001", order.Number)
	require.Equal(t, "ann@example.com", order.Email)
	require.Equal(t, "London", order.DeliveryAddress.City)
	require.Equal(t, "Smith Ltd", order.BillingAddress.Name)
	require.Equal(t, "basket-7f3c", order.Reference)
	require.Equal(t, map[string]string{"channel": "app", "note": "two\nlines"}, order.Metadata)
	require.Equal(t, "ann@example.com", w.As("op", auth.ScopeOperator).Get(path).Order().Email)

	again := ann.Place("k", identified)
	require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	require.Equal(t, string(placed.Body), string(again.Body))
	other := ann.Place("k", strings.Replace(identified, "1 High Street", "3 High Street", 1))
	require.Equal(t, http.StatusUnprocessableEntity, other.Status, "another address is another request")
	require.Contains(t, string(other.Body), "request-mismatch")

	second := ann.Place("k2", orderstest.Body).Order()
	require.Equal(t, "100002", second.Number)
	require.Empty(t, second.Email)
	require.False(t, second.Erased)
}

func TestPersonalDataIsNowhereInClearAndGoesWithItsKey(t *testing.T) {
	w := orderstest.Start(t)
	w.Work()
	ann := w.As("ann")
	placed := ann.Place("k", identified)
	require.Equal(t, http.StatusCreated, placed.Status, string(placed.Body))
	path := placed.Header.Get("Location")
	id := placed.Order().ID

	var log string
	require.NoError(t, w.DB.SQL.QueryRowContext(t.Context(), `SELECT string_agg(data::text, ' ') FROM events`).Scan(&log))
	require.Contains(t, log, "basket-7f3c")
	history := w.History(id)
	require.Contains(t, history, "basket-7f3c")
	for _, secret := range []string{"ann@example.com", "High Street", "Smith Ltd", "N1 9GU"} {
		require.NotContains(t, log, secret, "of the log")
		require.NotContains(t, history, secret, "of the workflow's history")
	}

	_, err := w.DB.SQL.ExecContext(t.Context(), `DELETE FROM shopper_keys WHERE customer_id = $1`, w.Subject("ann"))
	require.NoError(t, err)
	erased := ann.Get(path)
	require.Equal(t, http.StatusOK, erased.Status)
	require.True(t, erased.Order().Erased)
	require.Empty(t, erased.Order().Email)
	require.Equal(t, "basket-7f3c", erased.Order().Reference)
	again := ann.Place("k", identified)
	require.Equal(t, string(erased.Body), string(again.Body), "the request is still known")
	require.Equal(t, "ann@example.com", ann.Place("k2", identified).Order().Email, "a later order has a new key")
}

func TestWhatCannotIdentifyAnOrderIsRefused(t *testing.T) {
	w := orderstest.Start(t)
	ann := w.As("ann")
	body := func(member string) string { return strings.Replace(orderstest.Body, "{", "{"+member+",", 1) }
	many := map[string]string{}
	for i := range 21 {
		many["n"+strings.Repeat("x", i)] = ""
	}
	tooMany, err := json.Marshal(many)
	require.NoError(t, err)
	for member, field := range map[string]string{
		`"email":"ann"`:                                                                     "email",
		`"email":"ann@example.com\u0007"`:                                                   "email",
		`"email":"a@example.com,b@example.com"`:                                             "email",
		`"reference":"two\nlines"`:                                                          "reference",
		`"reference":"` + strings.Repeat("x", 101) + `"`:                                    "reference",
		`"metadata":{"a name":"x"}`:                                                         "metadata",
		`"metadata":{"n":"\u0001"}`:                                                         "metadata.n",
		`"metadata":{"n":"` + strings.Repeat("x", 501) + `"}`:                               "metadata.n",
		`"metadata":` + string(tooMany):                                                     "metadata",
		`"delivery_address":{"name":"A","line1":"B","city":"C","country":"gb"}`:             "delivery_address.country",
		`"delivery_address":{"name":"A","line1":"B","city":"C\u202e","country":"GB"}`:       "delivery_address.city",
		`"billing_address":{"name":"","line1":"B","city":"C","country":"GB"}`:               "billing_address.name",
		`"billing_address":{"name":"A","line1":"B","city":"C","country":"GB","planet":"E"}`: "billing_address",
	} {
		answer := ann.Place("k", body(member))
		require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s: %s", member, answer.Body)
		require.Contains(t, string(answer.Body), field, member)
	}
}
