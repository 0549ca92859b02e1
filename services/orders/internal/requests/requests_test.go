package requests_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
	"github.com/ordersaga/ordersaga/services/orders/internal/view"
)

// asked is what every kind of request answers.
type asked struct {
	ID, Status string
	By         string
	Captured   view.Money
	Owed       *view.Money
}

// border asks things of one order.
type border struct {
	*orderstest.Caller
	path string
}

// ask sends a request of a key for a version of the order; without a version a preview.
func (b border) ask(collection, key, version, body string) *orderstest.Answer {
	headers := []string{"Prefer", "respond-async"}
	for name, value := range map[string]string{"Idempotency-Key": key, "If-Match": version} {
		if value != "" {
			headers = append(headers, name, value)
		}
	}
	return b.Do(http.MethodPost, b.path+collection, body, headers...)
}

const refund = `{"reason":"goodwill","amount":{"amount":100,"currency":"GBP"}}`

func slug(answer *orderstest.Answer) string {
	problem := answer.Problem()
	return problem.Type[strings.LastIndex(problem.Type, "/")+1:]
}

func TestRequestsOnAnOrder(t *testing.T) {
	w := orderstest.Start(t)
	operator, ann, eve := w.As("bob", auth.ScopeOperator), w.As("ann"), w.As("eve")
	of := func(caller *orderstest.Caller, id string) border { return border{caller, "/v1/orders/" + id} }

	t.Run("who may ask, with which headers, and with what body", func(t *testing.T) {
		id := w.Confirmed("ann")
		shop := of(operator, id)
		for _, test := range []struct {
			by                             border
			collection, body, key, version string
			status                         int
			slug                           string
		}{
			{of(ann, id), "/shipments", `{}`, "k", "*", 403, "forbidden"},
			{of(ann, id), "/shipments/preview", `{}`, "", "", 403, "forbidden"},
			{of(ann, id), "/refunds", refund, "k", "*", 403, "forbidden"},
			{of(eve, id), "/cancellations", `{"reason":"customer"}`, "k", "*", 404, "order-not-found"},
			{of(operator, uuid.NewString()), "/shipments", `{}`, "k", "*", 404, "order-not-found"},
			{of(operator, "garbage"), "/refunds", refund, "k", "*", 404, "order-not-found"},
			{shop, "/shipments", `{}`, "k", `"3"`, 412, "order-changed"},
			{shop, "/shipments", `{}`, "k", "", 428, "precondition-required"},
			{shop, "/shipments", `{}`, "", "*", 400, "missing-header"},
			{shop, "/shipments", `{"lines":[]}`, "k", "*", 422, "validation-failed"},
			{shop, "/shipments/preview", `{"lines":[]}`, "", "", 422, "validation-failed"},
			{shop, "/cancellations", `{"reason":"other","lines":[]}`, "k", "*", 422, "validation-failed"},
			{shop, "/shipments", `{"lines":[{"line":1,"quantity":1},{"line":1,"quantity":1}]}`, "k", "*", 422, "validation-failed"},
			{shop, "/shipments", `{"lines":[{"line":1,"quantity":5}]}`, "k", "*", 409, "units-not-shippable"},
			{shop, "/shipments", `{"lines":[{"line":9,"quantity":1}]}`, "k", "*", 409, "units-not-shippable"},
			{shop, "/shipments", `{"carrier":"a\u0007b"}`, "k", "*", 422, "validation-failed"},
			{shop, "/shipments", `{"tracking":"a\u202eb"}`, "k", "*", 422, "validation-failed"},
			{shop, "/shipments", `{"note":"a\u0007b"}`, "k", "*", 422, "validation-failed"},
		} {
			answer := test.by.ask(test.collection, test.key, test.version, test.body)
			assert.Equal(t, test.status, answer.Status, "%s %s: %s", test.collection, test.body, answer.Body)
			assert.Equal(t, test.slug, slug(answer), "%s %s", test.collection, test.body)
		}
		assert.EqualValues(t, 6, operator.Get(shop.path).Order().Version, "nothing was done")
	})

	t.Run("one key is one request, and one saga works on an order", func(t *testing.T) {
		shop := of(operator, w.Confirmed("ann"))
		preview := shop.ask("/shipments/preview", "", "", `{"lines":[{"line":1,"quantity":2}]}`)
		require.Equal(t, http.StatusOK, preview.Status, "%s", preview.Body)
		assert.Equal(t, `"6"`, preview.Header.Get("ETag"))

		const units = `{"lines":[{"line":1,"quantity":2}],"carrier":"Mail"}`
		first := shop.ask("/shipments", "s1", preview.Header.Get("ETag"), units)
		require.Equal(t, http.StatusAccepted, first.Status, "%s", first.Body)
		for _, second := range []*orderstest.Answer{
			shop.ask("/shipments", "s2", "*", units), shop.ask("/shipments/preview", "", "", `{}`), shop.ask("/refunds", "s2", "*", refund),
			shop.ask("/cancellations", "s2", "*", `{"reason":"other"}`),
		} {
			require.Equal(t, http.StatusConflict, second.Status, "%s", second.Body)
			assert.Equal(t, "saga-in-progress", slug(second))
			assert.NotEmpty(t, second.Header.Get("Retry-After"))
		}
		again := shop.ask("/shipments", "s1", "*", units)
		assert.Equal(t, http.StatusAccepted, again.Status, "%s", again.Body)
		assert.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
		assert.Equal(t, first.Header.Get("Location"), again.Header.Get("Location"))
		for collection, body := range map[string]string{"/shipments": `{}`, "/refunds": refund} {
			other := shop.ask(collection, "s1", "*", body)
			assert.Equal(t, "request-mismatch", slug(other), "%s", other.Body)
		}

		w.End(strings.TrimPrefix(shop.path, "/v1/orders/"), orderstest.Pays)
		again = shop.ask("/shipments", "s1", `"6"`, units)
		assert.Equal(t, http.StatusCreated, again.Status, "the version that was seen is compared once: %s", again.Body)
		assert.Equal(t, "units-not-shippable", slug(shop.ask("/shipments/preview", "", "", `{"lines":[{"line":1,"quantity":3}]}`)))
	})

	t.Run("each is shown to those who may see its order, under its own name", func(t *testing.T) {
		id := w.Confirmed("ann")
		shop := of(operator, id)
		require.Equal(t, http.StatusAccepted, shop.ask("/shipments", "s", "*", `{}`).Status)
		shipment := w.End(id, orderstest.Refuses)
		var found asked
		operator.Get(shop.path + "/shipments/" + shipment).Read(&found)
		assert.Equal(t, asked{ID: shipment, Status: "refused", By: w.Subject("bob"), Captured: view.Money{Currency: "GBP"}}, found, "nothing was captured")
		found = asked{}
		ann.Get(shop.path + "/shipments/" + shipment).Read(&found)
		assert.Empty(t, found.By, "who packs is of no concern to the shopper")
		for path, caller := range map[string]*orderstest.Caller{
			"/shipments/" + shipment: eve, "/refunds/" + shipment: operator, "/cancellations/" + shipment: operator,
			"/shipments/garbage": operator, "/shipments/" + uuid.NewString(): operator,
		} {
			assert.Equal(t, http.StatusNotFound, caller.Get(shop.path+path).Status, path)
		}
		order := operator.Get(shop.path).Order()
		assert.Equal(t, "authorized", order.PaymentStatus)
		assert.Equal(t, "unfulfilled", order.FulfilmentStatus)
		assert.Equal(t, []string{"cancel", "ship", "refund"}, names(order.Actions))
		assert.Equal(t, []string{"cancel"}, names(ann.Get(shop.path).Order().Actions))
	})
}

func names(actions []view.Action) (named []string) {
	for _, action := range actions {
		named = append(named, action.Name)
	}
	return named
}
