package faults_test

import (
	"net/http"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// TestAQueueThatIsDeletedMissesNothing deletes the consumers' queues while the shop is open. What
// is told before they are back reaches them all the same.
func TestAQueueThatIsDeletedMissesNothing(t *testing.T) {
	s := shop.Open(t, shop.Options{})
	operator := s.Operator()
	s.Sells("mug", 1000, 10)
	shoppersSee(t, s, "mug", 1000, 10)

	deleteQueues(t, s)
	s.Sells("cup", 700, 20)
	changed := operator.Put(shop.Catalog, "/v1/products/mug", map[string]any{"name": "Blue mug", "description": ""}, "If-Match", `"1"`)
	require.Equal(t, http.StatusOK, changed.Status, "%s", changed)
	changed = operator.Post(shop.Catalog, "/v1/products/mug/prices", shop.Money{Amount: 1200, Currency: "GBP"}, "If-Match", `"2"`)
	require.Equal(t, http.StatusOK, changed.Status, "%s", changed)
	placed := s.Customer("anna").Place("in-the-gap", shop.Of("mug", 3, "card_approve"))
	require.Equal(t, http.StatusCreated, placed.Status, "%s", placed)

	shoppersSee(t, s, "cup", 700, 20)
	shoppersSee(t, s, "mug", 1200, 7)
	testkit.Eventually(t, "inventory to know the names", func() bool {
		return called(t, s, "mug") == "Blue mug" && called(t, s, "cup") == "Product cup"
	})
	said, code := s.Run("verify")
	require.Zero(t, code, "%s", said)
}

func shoppersSee(t *testing.T, s *shop.Shop, sku string, price, available int64) {
	t.Helper()
	testkit.Eventually(t, "shoppers to see "+sku, func() bool {
		answer := s.Customer("anna").Get(shop.Catalog, "/v1/products/"+sku)
		var seen struct {
			Price shop.Money `json:"price"`
			Stock shop.Stock `json:"stock"`
		}
		return answer.Status == http.StatusOK && answer.Into(&seen) == nil && seen.Price.Amount == price && seen.Stock.Available == available
	})
}

// called is the name that inventory knows a SKU by.
func called(t *testing.T, s *shop.Shop, sku string) string {
	t.Helper()
	var level struct {
		Name string `json:"name"`
	}
	require.NoError(t, s.Operator().Get(shop.Inventory, "/v1/stock/"+sku).Into(&level))
	return level.Name
}

func deleteQueues(t *testing.T, s *shop.Shop) {
	t.Helper()
	connection, err := amqp.Dial(s.AMQP)
	require.NoError(t, err)
	defer connection.Close()
	channel, err := connection.Channel()
	require.NoError(t, err)
	for _, queue := range events.Queues() {
		_, err := channel.QueueDelete("ordersaga."+queue.Name, false, false, false)
		require.NoError(t, err)
	}
}
