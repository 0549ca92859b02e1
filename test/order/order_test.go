// Package order_test places orders as customers do, over REST, with every program deployed and
// every engine real.
package order_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/ordersaga/ordersaga/contracts/events"
	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

func TestOneOrder(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 450, 10)
	company := listen(t, s)
	anna := s.Customer("anna")

	placed := anna.Place("first", shop.Of("tea", 3, "card_approve"))
	require.Equal(t, http.StatusCreated, placed.Status, "%s", placed)
	var order shop.Order
	require.NoError(t, placed.Into(&order))

	t.Run("is confirmed, with stock, payment and the provider agreeing", func(t *testing.T) {
		assert.Equal(t, sagas.StatusConfirmed, order.Status)
		assert.EqualValues(t, 3*450, order.Total.Amount, "the price is the catalog's")
		assert.Equal(t, "anna", order.CustomerID)
		assert.Equal(t, "/v1/orders/"+order.ID, placed.Header.Get("Location"))
		assert.Equal(t, shop.Stock{OnHand: 10, Reserved: 3, Available: 7}, s.Stock("tea"))
		assert.Equal(t, "authorized", s.Payment(order.ID).Status)
		assert.Equal(t, shop.Books{Authorized: 1, Open: 1}, s.Books(order.ID))
	})
	t.Run("is the same order when it is sent again", func(t *testing.T) {
		again := anna.Place("first", shop.Of("tea", 3, "card_approve"))
		assert.Equal(t, http.StatusCreated, again.Status)
		assert.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
		assert.JSONEq(t, string(placed.Body), string(again.Body))
		assert.EqualValues(t, 7, s.Stock("tea").Available)
	})
	t.Run("refuses another body under its key", func(t *testing.T) {
		other := anna.Place("first", shop.Of("tea", 4, "card_approve"))
		assert.Equal(t, http.StatusUnprocessableEntity, other.Status)
		assert.Contains(t, other.Field("type"), "request-mismatch")
	})
	t.Run("is another order for another customer with the same key", func(t *testing.T) {
		bert := s.Customer("bert").Place("first", shop.Of("tea", 1, "card_approve"))
		assert.Equal(t, http.StatusCreated, bert.Status)
		assert.NotEqual(t, order.ID, bert.Field("id"))
	})
	t.Run("can be read at once, with its story", func(t *testing.T) {
		read := anna.Get(shop.Orders, "/v1/orders/"+order.ID)
		assert.Equal(t, http.StatusOK, read.Status)
		assert.JSONEq(t, string(placed.Body), string(read.Body))
		var timeline struct {
			Entries []struct{ Type string } `json:"entries"`
		}
		require.NoError(t, anna.Get(shop.Orders, "/v1/orders/"+order.ID+"/timeline").Into(&timeline))
		var story []string
		for _, entry := range timeline.Entries {
			story = append(story, entry.Type)
		}
		assert.Equal(t, []string{"OrderPlaced", "StockReserved", "PaymentAuthorized", "OrderConfirmed"}, story)
	})
	t.Run("is hidden from other customers", func(t *testing.T) {
		assert.Equal(t, http.StatusNotFound, s.Customer("eve").Get(shop.Orders, "/v1/orders/"+order.ID).Status)
		assert.Equal(t, http.StatusOK, s.Operator().Get(shop.Orders, "/v1/orders/"+order.ID).Status)
		assert.Equal(t, http.StatusUnauthorized, s.Bearer("").Get(shop.Orders, "/v1/orders/"+order.ID).Status)
	})
	t.Run("comes into its customer's list", func(t *testing.T) {
		testkit.Eventually(t, "the list to show the confirmed order", func() bool {
			var list struct {
				Orders []shop.Order `json:"orders"`
			}
			require.NoError(t, anna.Get(shop.Orders, "/v1/orders").Into(&list))
			return len(list.Orders) == 1 && list.Orders[0].ID == order.ID && list.Orders[0].Status == sagas.StatusConfirmed
		})
	})
	t.Run("comes into the catalog's stock", func(t *testing.T) {
		testkit.Eventually(t, "the catalog to show what is left", func() bool {
			var product struct {
				Stock struct{ Available int64 } `json:"stock"`
			}
			return anna.Get(shop.Catalog, "/v1/products/tea").Into(&product) == nil && product.Stock.Available == 6
		})
	})
	t.Run("is told to the rest of the company, in order", func(t *testing.T) {
		testkit.Eventually(t, "the events of the order", func() bool { return len(company.of(order.ID)) == 2 })
		assert.Equal(t, []string{events.OrderPlacedV1, events.OrderConfirmedV1}, company.of(order.ID))
	})
	t.Run("stands in the Temporal Web UI with its summary and search attributes", func(t *testing.T) {
		// The order is confirmed within a workflow task, which Temporal has not taken yet.
		require.NoError(t, s.Temporal().GetWorkflow(t.Context(), sagas.WorkflowID(order.ID), "").Get(t.Context(), nil))
		run, err := s.Temporal().DescribeWorkflow(t.Context(), sagas.WorkflowID(order.ID), "")
		require.NoError(t, err)
		assert.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, run.Status)
		summary, err := run.GetStaticSummary()
		require.NoError(t, err)
		assert.Contains(t, summary, "anna")
		assert.Contains(t, summary, "13.50")
		status, _ := run.TypedSearchAttributes.GetKeyword(sagas.OrderStatus)
		customer, _ := run.TypedSearchAttributes.GetKeyword(sagas.CustomerID)
		state, _ := run.TypedSearchAttributes.GetKeyword(sagas.SagaState)
		assert.Equal(t, []string{"confirmed", "anna", "completed"}, []string{status, customer, state})
	})
}

func TestAnOrderThatCannotBeHadSaysWhyAndLeavesNothing(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Sells("mug", 900, 5)
	anna := s.Customer("anna")

	t.Run("a declined card", func(t *testing.T) {
		answer := anna.Place("declined", shop.Of("mug", 2, "card_insufficient_funds"))
		assert.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s", answer)
		assert.Contains(t, answer.Field("type"), "payment-declined")
		assert.Equal(t, "insufficient_funds", answer.Field("decline_code"))
		id := answer.Field("order_id").(string)
		assert.Equal(t, shop.Stock{OnHand: 5, Available: 5}, s.Stock("mug"), "stock released")
		assert.Equal(t, shop.Books{Declined: 1}, s.Books(id))
		assert.Equal(t, sagas.StatusRejected, s.Order(id).Status)

		var outcome *commonv1.Outcome
		require.NoError(t, s.Temporal().GetWorkflow(t.Context(), sagas.WorkflowID(id), "").Get(t.Context(), &outcome))
		run, err := s.Temporal().DescribeWorkflow(t.Context(), sagas.WorkflowID(id), "")
		require.NoError(t, err)
		assert.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, run.Status, "a rejected order is a completed workflow")
		assert.Equal(t, "payment_declined", outcome.Refusal.Reason)

		again := anna.Place("declined", shop.Of("mug", 2, "card_insufficient_funds"))
		assert.Equal(t, answer.Status, again.Status)
		assert.JSONEq(t, string(withoutTrace(answer)), string(withoutTrace(again)))
		assert.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	})
	t.Run("too large a quantity", func(t *testing.T) {
		answer := anna.Place("large", shop.Of("mug", 6, "card_approve"))
		assert.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s", answer)
		assert.Contains(t, answer.Field("type"), "out-of-stock")
		assert.Equal(t, []any{map[string]any{"sku": "mug", "requested": 6.0, "available": 5.0}}, answer.Field("shortages"))
		assert.Zero(t, s.Books(answer.Field("order_id").(string)), "the provider was not asked")
	})
	t.Run("two lines of one SKU count with their sum", func(t *testing.T) {
		basket := shop.Basket{Currency: "GBP", PaymentMethod: "card_approve", Lines: []shop.Line{{SKU: "mug", Quantity: 3}, {SKU: "mug", Quantity: 3}}}
		answer := anna.Place("twice", basket)
		assert.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s", answer)
		assert.EqualValues(t, 5, s.Stock("mug").Available)
	})
	t.Run("a product that nobody sells", func(t *testing.T) {
		answer := anna.Place("unknown", shop.Of("unicorn", 1, "card_approve"))
		assert.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s", answer)
		assert.Contains(t, answer.Field("type"), "unknown-product")
	})
	t.Run("a provider that took the money and did not say so", func(t *testing.T) {
		answer := anna.Place("effect", shop.Of("mug", 1, "card_error_after_effect"))
		require.Equal(t, http.StatusCreated, answer.Status, "%s", answer)
		assert.Equal(t, shop.Books{Authorized: 1, Open: 1}, s.Books(answer.Field("id").(string)))
	})
	t.Run("products and stock are the operator's", func(t *testing.T) {
		forbidden := anna.Post(shop.Catalog, "/v1/products", map[string]any{"sku": "x", "name": "X", "price": map[string]any{"amount": 1, "currency": "GBP"}})
		assert.Equal(t, http.StatusForbidden, forbidden.Status)
		forbidden = anna.Post(shop.Inventory, "/v1/stock/receipts", map[string]any{"lines": []shop.Line{{SKU: "mug", Quantity: 1}}}, "Idempotency-Key", "mine")
		assert.Equal(t, http.StatusForbidden, forbidden.Status)
	})
}

func TestCallersWithOneKeyAtOnceGetOneOrder(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 450, 1000)
	anna := s.Customer("anna")
	for round := range 3 {
		var all sync.WaitGroup
		answers := make([]shop.Answer, 20)
		for i := range answers {
			all.Go(func() {
				var err error
				answers[i], err = anna.TryPlace(fmt.Sprintf("same-%d", round), shop.Of("tea", 2, "card_approve"))
				assert.NoError(t, err)
			})
		}
		all.Wait()
		for _, answer := range answers {
			require.Equal(t, http.StatusCreated, answer.Status, "%s", answer)
			assert.JSONEq(t, string(answers[0].Body), string(answer.Body))
		}
		assert.EqualValues(t, 2*(round+1), s.Stock("tea").Reserved)
	}
}

func TestACallerWhoDoesNotWaitIsToldWhereToLook(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	s.Sells("tea", 450, 10)
	anna := s.Customer("anna")
	s.Stop(shop.Worker) // or the order could be confirmed before the answer is written
	answer := anna.Place("async", shop.Of("tea", 1, "card_slow"), "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, answer.Status, "%s", answer)
	s.Start(shop.Worker)
	where := answer.Header.Get("Location")
	testkit.Eventually(t, "the order to be confirmed at "+where, func() bool {
		return anna.Get(shop.Orders, where).Field("status") == sagas.StatusConfirmed
	})
}

// withoutTrace is a problem without what differs from request to request.
func withoutTrace(answer shop.Answer) []byte {
	var members map[string]any
	_ = json.Unmarshal(answer.Body, &members)
	delete(members, "trace_id")
	encoded, _ := json.Marshal(members)
	return encoded
}

// company is the rest of the company: it hears all events.
type company struct {
	mu    sync.Mutex
	heard []cloudevents.Event
}

func listen(t *testing.T, s *shop.Shop) *company {
	t.Helper()
	c := &company{}
	ctx, cancel := context.WithCancel(context.Background())
	b := broker.Connect(ctx, s.AMQP)
	var ended sync.WaitGroup
	ended.Go(func() {
		assert.NoError(t, b.Consume(ctx, broker.Consumer{
			Name: "company.log", Types: []string{"com.ordersaga.#"}, Prefetch: 10,
			Handle: func(_ context.Context, event cloudevents.Event) error {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.heard = append(c.heard, event)
				return nil
			},
		}))
	})
	t.Cleanup(func() { cancel(); ended.Wait(); b.Close() })
	// Nobody keeps events for a queue that is not bound yet.
	probes := 0
	testkit.Eventually(t, "the company to hear", func() bool {
		probes++
		s.Sells(fmt.Sprintf("probe-%d", probes), 1, 1)
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.heard) > 0
	})
	return c
}

// of are the types of what was heard of an aggregate.
func (c *company) of(subject string) (types []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := map[string]bool{} // an event may come more than once
	for _, event := range c.heard {
		if event.Subject() == subject && event.Source() == events.SourceOrders && !known[event.ID()] {
			known[event.ID()] = true
			types = append(types, event.Type())
		}
	}
	return types
}
