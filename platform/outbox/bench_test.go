package outbox_test

import (
	"context"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/outbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// BenchmarkOutboxToConsumer measures a backlog's way from the table through the broker into a
// batching consumer.
func BenchmarkOutboxToConsumer(b *testing.B) {
	db, err := postgres.Open(b.Context(), testkit.Postgres(b))
	require.NoError(b, err)
	defer db.Close()
	require.NoError(b, postgres.Migrate(b.Context(), db, outbox.Migrations))
	connection := broker.Connect(b.Context(), testkit.AMQP(b))
	defer connection.Close()
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	received := make(chan int, 1024)
	consumed, relayed := make(chan error, 1), make(chan error, 1)
	go func() {
		consumed <- connection.Consume(ctx, broker.Consumer{
			Name: "bench", Types: []string{eventType}, Prefetch: 500,
			HandleBatch: func(_ context.Context, events []cloudevents.Event) error {
				received <- len(events)
				return nil
			},
		})
	}()
	testkit.Eventually(b, "the way to be open", func() bool {
		require.NoError(b, connection.Publish(ctx, counted("a", 0)))
		select {
		case <-received:
			return true
		default:
			return false
		}
	})
	events := make([]cloudevents.Event, b.N)
	for i := range events {
		events[i] = counted("a", i)
	}
	require.NoError(b, outbox.Append(ctx, db.SQL, events...))
	b.ResetTimer()
	go func() { relayed <- outbox.NewRelay(db, connection.Publish).Run(ctx) }()
	for missing := b.N; missing > 0; {
		missing -= <-received
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	stop()
	require.NoError(b, <-consumed)
	require.NoError(b, <-relayed)
}
