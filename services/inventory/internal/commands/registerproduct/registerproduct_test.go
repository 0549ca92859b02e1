package registerproduct_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/inventory/internal/commands/registerproduct"
	"github.com/ordersaga/ordersaga/services/inventory/internal/inventorytest"
)

// consuming runs the consumer on a broker of the test's and publishes to it.
func consuming(t *testing.T, w *inventorytest.World) (publish func(...cloudevents.Event)) {
	t.Helper()
	b := broker.Connect(t.Context(), testkit.AMQP(t))
	t.Cleanup(b.Close)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() {
		stopped <- b.Consume(ctx, registerproduct.NewConsumer(w.DB))
	}()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-stopped)
	})
	publish = func(batch ...cloudevents.Event) {
		t.Helper()
		testkit.Eventually(t, "the broker to take the events", func() bool { return b.Publish(t.Context(), batch...) == nil })
	}
	// What is published before the queue is bound reaches nobody.
	testkit.Eventually(t, "the consumer's queue to be bound", func() bool {
		publish(created("probe", "probe"))
		return known(t, w, "probe")
	})
	return publish
}

// While the database answers and takes no writes, as during a fail-over, events wait. What the
// consumer gave up on, or set aside for later, would be lost or late.
func TestADatabaseThatTakesNoWritesMakesNoDeadLetter(t *testing.T) {
	url := testkit.Postgres(t)
	w := inventorytest.On(t, inventorytest.Migrated(t, url))
	db := inventorytest.Migrated(t, url+"&application_name=consumer")
	b := broker.Connect(t.Context(), testkit.AMQP(t), broker.Queues(events.Queues())...)
	t.Cleanup(b.Close)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	var tries atomic.Int32
	consumer := registerproduct.NewConsumer(db)
	handle := consumer.HandleBatch
	consumer.HandleBatch = func(ctx context.Context, batch []cloudevents.Event) error {
		tries.Add(1)
		return handle(ctx, batch)
	}
	go func() { stopped <- b.Consume(ctx, consumer) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-stopped)
	})
	takeWrites := writes(t, w.DB)
	takeWrites(false)
	testkit.Eventually(t, "the database to answer", func() bool { return db.Ready(t.Context()) == nil })
	testkit.Eventually(t, "the events to be published", func() bool {
		return b.Publish(t.Context(), created("mug", "Mug"), created("cup", "Cup")) == nil
	})
	testkit.Eventually(t, "more tries than an event has", func() bool { return tries.Load() > 4 })
	depth, err := b.Depth(t.Context(), events.InventoryProducts.Name)
	require.NoError(t, err)
	assert.Equal(t, broker.Depth{Declared: true}, depth, "the consumer gave up, or will")

	takeWrites(true)
	testkit.Eventually(t, "the products", func() bool { return known(t, w, "mug") && known(t, w, "cup") })
	depth, err = b.Depth(t.Context(), events.InventoryProducts.Name)
	require.NoError(t, err)
	assert.Equal(t, broker.Depth{Declared: true}, depth)
}

// writes gives a switch that lets a database take writes, or makes it refuse them, and ends the
// consumer's sessions, which do not know it yet.
func writes(t *testing.T, db *postgres.DB) (take func(bool)) {
	t.Helper()
	var name string
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name))
	admin, err := sql.Open("pgx", testkit.Running(t).Postgres.URL)
	require.NoError(t, err)
	t.Cleanup(func() { admin.Close() })
	return func(yes bool) {
		t.Helper()
		_, err := admin.ExecContext(context.Background(), fmt.Sprintf("ALTER DATABASE %s SET default_transaction_read_only = %t", name, !yes))
		require.NoError(t, err)
		_, err = admin.ExecContext(context.Background(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'consumer'", name)
		require.NoError(t, err)
	}
}

func created(sku, name string) cloudevents.Event {
	return told(events.ProductCreatedV1, sku, name, 1)
}

func changed(sku, name string, version int64) cloudevents.Event {
	return told(events.ProductChangedV1, sku, name, version)
}

func told(eventType, sku, name string, version int64) cloudevents.Event {
	event := cloudevents.New()
	event.SetID(uuid.NewString())
	event.SetType(eventType)
	event.SetSource(events.SourceCatalog)
	event.SetSubject(sku)
	event.SetTime(time.Now().UTC())
	data := events.ProductCreated{SKU: sku, Name: name, Price: 1250, Currency: "GBP", Active: true, Version: version, CreatedAt: time.Now().UTC()}
	if err := event.SetData("application/json", data); err != nil {
		panic(err)
	}
	return event
}

func known(t *testing.T, w *inventorytest.World, sku string) bool {
	return w.Shopper(t, "GET", "/v1/stock/"+sku, "").Status == 200
}

func TestAProductOfTheCatalogGetsALevelAndAName(t *testing.T) {
	w := inventorytest.New(t)
	publish := consuming(t, w)
	w.Receive(t, inventorytest.Lines{"mug": 10})
	publish(created("mug", "Blue mug"), created("cup", "Cup"))
	testkit.Eventually(t, "both products to be known", func() bool { return known(t, w, "cup") && w.Level(t, "mug").Name != "" })

	assert.Equal(t, inventorytest.Level{Name: "Blue mug", OnHand: 10, Available: 10, Version: 2}, w.Level(t, "mug"))
	assert.Equal(t, inventorytest.Level{Name: "Cup", Version: 1}, w.Level(t, "cup"))
	announced := w.Announcements(t)
	last := announced[len(announced)-1]
	assert.Equal(t, "mug", last.Levels[len(last.Levels)-1].SKU, "a level of 0 is published, too")
}

func TestAnEventThatIsDeliveredTwiceChangesTheStockOnce(t *testing.T) {
	w := inventorytest.New(t)
	publish := consuming(t, w)
	first, renamed := created("mug", "Mug"), changed("mug", "Blue mug", 2)
	publish(first)
	testkit.Eventually(t, "the first name", func() bool { return known(t, w, "mug") })
	publish(renamed)
	testkit.Eventually(t, "the second name", func() bool { return w.Level(t, "mug").Name == "Blue mug" })

	publish(first, first, created("cup", "Cup"))
	testkit.Eventually(t, "what came after the repeated event", func() bool { return known(t, w, "cup") })
	assert.Equal(t, "Blue mug", w.Level(t, "mug").Name, "the old event is known by its id")
	assert.EqualValues(t, 2, w.Level(t, "mug").Version)
}

// However the events of a product come, one by one or together, its newest version decides; a
// change that keeps the name is no change of the stock.
func TestAnOlderNameNeverReplacesANewerOne(t *testing.T) {
	w := inventorytest.New(t)
	publish := consuming(t, w)
	settled := func(probe string) {
		publish(created(probe, "Probe"))
		testkit.Eventually(t, "the events before "+probe, func() bool { return known(t, w, probe) })
	}
	publish(changed("mug", "Red mug", 3))
	settled("after-1")
	publish(created("mug", "Mug"))
	settled("after-2")
	publish(changed("mug", "Blue mug", 2), changed("mug", "Mug", 1))
	settled("after-3")
	assert.Equal(t, inventorytest.Level{Name: "Red mug", Version: 1}, w.Level(t, "mug"))

	publish(changed("mug", "Red mug", 5))
	settled("after-4")
	publish(changed("mug", "Green mug", 4))
	settled("after-5")
	assert.Equal(t, inventorytest.Level{Name: "Red mug", Version: 1}, w.Level(t, "mug"), "only the price changed")

	publish(changed("mug", "White mug", 7), changed("mug", "Black mug", 6))
	settled("after-6")
	assert.Equal(t, inventorytest.Level{Name: "White mug", Version: 2}, w.Level(t, "mug"))
}

func TestOneBadEventDoesNotHoldUpTheOthers(t *testing.T) {
	w := inventorytest.New(t)
	publish := consuming(t, w)
	batch := []cloudevents.Event{created("", "no SKU")}
	for i := range 50 {
		batch = append(batch, created(fmt.Sprintf("sku-%d", i), "name"))
	}
	spoiled := created("spoiled", "x")
	require.NoError(t, spoiled.SetData("application/json", map[string]any{"sku": 17}))
	publish(append(batch, spoiled)...)
	testkit.Eventually(t, "the good ones to be known", func() bool { return known(t, w, "sku-0") && known(t, w, "sku-49") })
}
