package verify_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/test/shop"
)

// damage that no program of ours does: it is planted into a store, and healed again.
type damage struct {
	name string
	// The invariant that is violated, and what is said of it.
	invariant, says string
	plant, heal     func(t *testing.T)
}

func damages(s *shop.Shop, confirmed, rejected string) []damage {
	stranger := uuid.NewString()
	authorization := ""
	return []damage{
		bySQL(s, shop.Inventory, "reserved units that no order has", "I1", "SKU mug: 1 reserved, but live reservations have 0",
			`UPDATE stock_items SET reserved = reserved + 1 WHERE sku = 'mug'`,
			`UPDATE stock_items SET reserved = reserved - 1 WHERE sku = 'mug'`),
		bySQL(s, shop.Inventory, "a delivery that the journal has otherwise", "I1", "SKU tea: 100 received, but the journal says 99",
			`UPDATE movements SET quantity = 99 WHERE sku = 'tea' AND kind = 'receive'`,
			`UPDATE movements SET quantity = 100 WHERE sku = 'tea' AND kind = 'receive'`),
		bySQL(s, shop.Payments, "a payment of another amount", "I2", "order "+confirmed+": its total is 450 GBP, and its payment holds 451 GBP",
			`UPDATE operations SET amount = amount + 1 WHERE order_id = '`+confirmed+`'`,
			`UPDATE operations SET amount = amount - 1 WHERE order_id = '`+confirmed+`'`),
		bySQL(s, shop.Payments, "a ledger that is not the journal's", "I2", "order "+confirmed+": the ledger has 1 GBP in the account held, the journal makes it 450",
			`UPDATE ledger SET amounts = '{1,-1}' WHERE order_id = '`+confirmed+`'`,
			`UPDATE ledger SET amounts = '{450,-450}' WHERE order_id = '`+confirmed+`'`),
		bySQL(s, shop.Payments, "a payment without an order", "I2", "order "+stranger+": its payment of 7 GBP is authorized, and there is no such order",
			`WITH payment AS (INSERT INTO payments (id, order_id, created_at) VALUES ('`+stranger+`', '`+stranger+`', now()))
				INSERT INTO operations (order_id, saga, instance, step, kind, state, idempotency_key, asked_at, customer_id, amount, currency, provider_reference)
				VALUES ('`+stranger+`', 'place-order', '`+stranger+`', 'authorize-payment', 'authorize', 'authorized', 'made-up', now(), 'nobody', 7, 'GBP', 'made-up')`,
			`WITH journal AS (DELETE FROM operations WHERE order_id = '`+stranger+`')
				DELETE FROM payments WHERE order_id = '`+stranger+`'`),
		{
			"money that the provider alone knows of", "I2", "order " + rejected + ": the provider holds 5 GBP under ",
			func(t *testing.T) {
				made := s.Provider().Post(shop.Paysim, "/v1/authorizations", map[string]any{
					"reference": rejected, "amount": 5, "currency": "GBP", "source": "card_approve",
				}, "Idempotency-Key", "made-up")
				require.Equal(t, http.StatusCreated, made.Status, "%s", made)
				authorization = made.Field("id").(string)
			},
			func(t *testing.T) {
				given := s.Provider().Post(shop.Paysim, "/v1/authorizations/"+authorization+"/void", nil, "Idempotency-Key", "made-up/void")
				require.Equal(t, http.StatusOK, given.Status, "%s", given)
			},
		},
		bySQL(s, shop.Inventory, "a confirmed order without its stock", "I3", "order "+confirmed+": it is confirmed with 1 units, and its stock is 1 released",
			`UPDATE reservation_lines SET allocated = 0, released = reserved WHERE order_id = '`+confirmed+`'`,
			`UPDATE reservation_lines SET allocated = reserved, released = 0 WHERE order_id = '`+confirmed+`'`),
		bySQL(s, shop.Inventory, "a rejected order with stock", "I3", "order "+rejected+": it is rejected, and its stock is 2 allocated",
			`UPDATE reservation_lines SET allocated = reserved, released = 0 WHERE order_id = '`+rejected+`'`,
			`UPDATE reservation_lines SET allocated = 0, released = reserved WHERE order_id = '`+rejected+`'`),
		bySQL(s, shop.Inventory, "a hold that no sweep finds", "I1", "SKU tea: 1 held, allocated or shipped by reservations that are not",
			`UPDATE reservations SET state = 'released', freed_at = now() WHERE order_id = '`+confirmed+`'`,
			`UPDATE reservations SET state = 'allocated', freed_at = NULL WHERE order_id = '`+confirmed+`'`),
		byDocument(s, shop.Orders, "orders_1", rejected, "lines", int32(9), int32(1),
			"order "+rejected+": document in orders: lines is"),
		bySQL(s, shop.Catalog, "a stock of the catalog that inventory has not told", "I5", "SKU mug: shoppers see 3 available, inventory has 10",
			`UPDATE availability SET available = 3 WHERE sku = 'mug'`, `UPDATE availability SET available = 10 WHERE sku = 'mug'`),
		byDocument(s, shop.Catalog, "products_1", "mug", "name", "Jug", "Product mug",
			"SKU mug: shoppers see name Jug, the product has Product mug"),
		{
			"a dead letter that a database which was away has made", "I6", "dead letter of catalog.read-side: event made.up.v1 made-up: retries_exhausted",
			func(t *testing.T) { deadLetter(t, s, "retries_exhausted") },
			func(t *testing.T) {
				_, err := channel(t, s).QueuePurge(deadLetters, false)
				require.NoError(t, err)
			},
		},
	}
}

func bySQL(s *shop.Shop, service, name, invariant, says, plant, heal string) damage {
	return damage{
		name, invariant, says,
		func(t *testing.T) { execute(t, s.SQL(service), plant) },
		func(t *testing.T) { execute(t, s.SQL(service), heal) },
	}
}

func byDocument(s *shop.Shop, service, collection, id, field string, wrong, right any, says string) damage {
	set := func(value any) func(t *testing.T) {
		return func(t *testing.T) {
			t.Helper()
			result, err := s.Mongo(service).Collection(collection).UpdateByID(t.Context(), id, bson.M{"$set": bson.M{field: value}})
			require.NoError(t, err)
			require.EqualValues(t, 1, result.MatchedCount, "%s in %s", id, collection)
		}
	}
	return damage{fmt.Sprintf("a document in %s with another %s", collection, field), "I5", says, set(wrong), set(right)}
}

func execute(t *testing.T, db *sql.DB, statement string, values ...any) {
	t.Helper()
	result, err := db.ExecContext(t.Context(), statement, values...)
	require.NoError(t, err)
	rows, err := result.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 1, rows, "%s", statement)
}

// deadLetters of the catalog's consumer.
var deadLetters = "ordersaga." + events.CatalogReadSide.Name + ".dead"

// deadLetter puts one there, with a cause, and waits until it is seen.
func deadLetter(t *testing.T, s *shop.Shop, cause string) {
	t.Helper()
	to := channel(t, s)
	require.NoError(t, to.PublishWithContext(t.Context(), "", deadLetters, true, false, amqp.Publishing{
		MessageId: "made-up", Type: "made.up.v1", Timestamp: time.Now(), DeliveryMode: amqp.Persistent,
		Headers: amqp.Table{broker.HeaderCause: cause, broker.HeaderReason: "made up"},
	}))
	testkit.Eventually(t, "the dead letter", func() bool {
		queue, err := to.QueueDeclarePassive(deadLetters, true, false, false, false, nil)
		return err == nil && queue.Messages == 1
	})
}

func channel(t *testing.T, s *shop.Shop) *amqp.Channel {
	t.Helper()
	connection, err := amqp.Dial(s.AMQP)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	opened, err := connection.Channel()
	require.NoError(t, err)
	return opened
}
