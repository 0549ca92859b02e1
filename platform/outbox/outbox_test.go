package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/eventtrace"
	"github.com/ordersaga/ordersaga/platform/inbox"
	"github.com/ordersaga/ordersaga/platform/outbox"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/telemetry"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/netfault"
)

const eventType = "com.ordersaga.test.counted.v1"

// counted makes the event that an aggregate has got to a number.
func counted(aggregate string, number int) cloudevents.Event {
	event := cloudevents.New()
	event.SetID(uuid.NewString())
	event.SetSource("/test")
	event.SetType(eventType)
	event.SetSubject(aggregate)
	if err := event.SetData(cloudevents.ApplicationJSON, map[string]int{"number": number}); err != nil {
		panic(err)
	}
	return event
}

func numberOf(event cloudevents.Event) int {
	var data struct{ Number int }
	if err := event.DataAs(&data); err != nil {
		panic(err)
	}
	return data.Number
}

// open gives a fresh database with the outbox, the inbox and counters.
func open(t *testing.T) *postgres.DB {
	t.Helper()
	db := openAt(t, testkit.Postgres(t))
	_, err := db.SQL.ExecContext(t.Context(), "CREATE TABLE counter (name text PRIMARY KEY, number int NOT NULL DEFAULT 0)")
	require.NoError(t, err)
	return db
}

// openAt opens a database, which may be one that is open already, with the outbox and the inbox.
func openAt(t *testing.T, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	require.NoError(t, postgres.Migrate(t.Context(), db, outbox.Migrations, inbox.Migrations))
	return db
}

// count raises a counter as an aggregate is changed: row lock, change, event.
func count(ctx context.Context, db *postgres.DB, name string) error {
	return db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		var number int
		if err := tx.QueryRowContext(ctx,
			"UPDATE counter SET number = number + 1 WHERE name = $1 RETURNING number", name).Scan(&number); err != nil {
			return err
		}
		return outbox.Append(ctx, tx, counted(name, number))
	})
}

// run runs a relay until the returned stop.
func run(t *testing.T, relay *outbox.Relay) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- relay.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(stop)
	return stop
}

// recorder is a publisher that keeps what it is given.
type recorder struct {
	mu      sync.Mutex
	batches [][]cloudevents.Event
	fail    func(events []cloudevents.Event) error
}

func (r *recorder) publish(_ context.Context, events ...cloudevents.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		if err := r.fail(events); err != nil {
			return err
		}
	}
	r.batches = append(r.batches, slices.Clone(events))
	return nil
}

func (r *recorder) events() []cloudevents.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Concat(r.batches...)
}

func pending(t *testing.T, relay *outbox.Relay) int {
	t.Helper()
	backlog, err := relay.Backlog(t.Context())
	require.NoError(t, err)
	return backlog.Pending
}

func TestEventsLeaveOnlyWithTheirTransaction(t *testing.T) {
	db := open(t)
	var published recorder
	relay := outbox.NewRelay(db, published.publish)
	rolledBack := errors.New("changed our mind")
	err := db.InTx(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		if err := outbox.Append(ctx, tx, counted("a", 1)); err != nil {
			return err
		}
		return rolledBack
	})
	require.ErrorIs(t, err, rolledBack)
	sent := counted("a", 2)
	require.NoError(t, outbox.Append(t.Context(), db.SQL, sent))
	require.NoError(t, outbox.Append(t.Context(), db.SQL))

	run(t, relay)
	testkit.Eventually(t, "the outbox to be empty", func() bool { return pending(t, relay) == 0 })
	require.Len(t, published.events(), 1)
	require.Equal(t, sent.String(), published.events()[0].String(), "published as it was appended")
}

func TestBatchIsPublishedAtOnceAndInOrder(t *testing.T) {
	db := open(t)
	events := make([]cloudevents.Event, 1200)
	for i := range events {
		events[i] = counted("a", i)
	}
	require.NoError(t, outbox.Append(t.Context(), db.SQL, events...))
	var published recorder
	relay := outbox.NewRelay(db, published.publish)
	run(t, relay)
	testkit.Eventually(t, "the outbox to be empty", func() bool { return pending(t, relay) == 0 })
	require.True(t, slices.IsSortedFunc(published.events(), func(a, b cloudevents.Event) int { return numberOf(a) - numberOf(b) }))
	require.Len(t, published.events(), len(events))
	require.Len(t, published.batches, 3, "500 a batch")
}

func TestLargeEventsMakeSmallBatches(t *testing.T) {
	db := open(t)
	large := counted("a", 1)
	require.NoError(t, large.SetData(cloudevents.ApplicationJSON, map[string]string{"text": strings.Repeat("x", outbox.MaxEventBytes-1000)}))
	for range 6 {
		require.NoError(t, outbox.Append(t.Context(), db.SQL, large))
	}
	var published recorder
	relay := outbox.NewRelay(db, published.publish)
	run(t, relay)
	testkit.Eventually(t, "the outbox to be empty", func() bool { return pending(t, relay) == 0 })
	require.Len(t, published.batches, 2, "6 MiB do not go in one batch")
}

func TestEventThatCouldNotBePublishedIsRefused(t *testing.T) {
	db := open(t)
	noSubject := counted("", 1)
	large := counted("a", 1)
	require.NoError(t, large.SetData(cloudevents.ApplicationJSON, map[string]string{"text": strings.Repeat("x", outbox.MaxEventBytes)}))
	longType := counted("a", 1)
	longType.SetType(strings.Repeat("x", 256))
	for problem, event := range map[string]cloudevents.Event{
		"not a valid CloudEvent": cloudevents.New(),
		"no subject":             noSubject,
		"at most 1048576":        large,
		"at most 255 bytes":      longType,
	} {
		require.ErrorContains(t, outbox.Append(t.Context(), db.SQL, counted("a", 1), event), problem)
	}
	require.Zero(t, pending(t, outbox.NewRelay(db, nil)))
}

// Several relays of several processes publish through a line that breaks; many writers change few
// aggregates. Everything arrives, each aggregate in order, and the inbox makes each event count
// once.
func TestNothingIsLostReorderedOrCountedTwiceWhileTheBrokerComesAndGoes(t *testing.T) {
	db := open(t)
	amqpURL := testkit.AMQP(t)
	line := netfault.New(t, amqpURL)

	// The consumer's side: a copy of the counters, by inbox in one transaction.
	_, err := db.SQL.ExecContext(t.Context(), "CREATE TABLE copy (name text PRIMARY KEY, number int NOT NULL, events int NOT NULL)")
	require.NoError(t, err)
	consumers := broker.Connect(t.Context(), line.URL())
	t.Cleanup(consumers.Close)
	consuming, stopConsuming := context.WithCancel(t.Context())
	consumed := make(chan error, 1)
	go func() {
		consumed <- consumers.Consume(consuming, broker.Consumer{
			Name: "copy", Types: []string{eventType}, Ready: db.Ready,
			Handle: func(ctx context.Context, event cloudevents.Event) error {
				return db.InTx(ctx, func(ctx context.Context, tx *postgres.Tx) error { return copyOnce(ctx, tx, event) })
			},
		})
	}()
	testkit.Eventually(t, "the consumer's queue", func() bool { return consumers.Ready(t.Context()) == nil })
	probe := counted("probe", 1)
	testkit.Eventually(t, "the queue to be bound", func() bool {
		require.NoError(t, consumers.Publish(t.Context(), probe))
		var found bool
		require.NoError(t, db.SQL.QueryRowContext(t.Context(), "SELECT EXISTS (SELECT 1 FROM copy WHERE name = 'probe')").Scan(&found))
		return found
	})

	// The broker is absent when the writers start.
	line.Cut()
	relays := make([]*outbox.Relay, 2)
	for i := range relays {
		publisher := broker.Connect(t.Context(), line.URL())
		t.Cleanup(publisher.Close)
		relays[i] = outbox.NewRelay(db, publisher.Publish)
		run(t, relays[i])
	}
	const aggregates, writers, changes = 5, 8, 60
	for i := range aggregates {
		_, err := db.SQL.ExecContext(t.Context(), "INSERT INTO counter (name) VALUES ($1)", fmt.Sprint("counter-", i))
		require.NoError(t, err)
	}
	var writing sync.WaitGroup
	failures := make(chan error, writers*changes)
	for writer := range writers {
		writing.Go(func() {
			for change := range changes {
				if err := count(t.Context(), db, fmt.Sprint("counter-", (writer+change)%aggregates)); err != nil {
					failures <- err
				}
			}
		})
	}
	copied := func() (events int) {
		require.NoError(t, db.SQL.QueryRowContext(t.Context(), "SELECT coalesce(sum(events), 0) FROM copy WHERE name <> 'probe'").Scan(&events))
		return events
	}
	line.Mend()
	for i := range 3 {
		testkit.Eventually(t, "events to pass", func() bool { return copied() > i*100 })
		line.Cut()
		line.Mend()
	}
	writing.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}
	testkit.Eventually(t, "all events to be copied", func() bool { return copied() == writers*changes })
	testkit.Eventually(t, "the outbox to be empty", func() bool { return pending(t, relays[0]) == 0 })
	var different int
	require.NoError(t, db.SQL.QueryRowContext(t.Context(),
		"SELECT count(*) FROM counter LEFT JOIN copy USING (name) WHERE copy.number IS DISTINCT FROM counter.number OR copy.events IS DISTINCT FROM counter.number").Scan(&different))
	require.Zero(t, different, "counters that differ from their copy")
	stopConsuming()
	require.NoError(t, <-consumed)
}

// copyOnce takes one event into the copy and fails when one was skipped.
func copyOnce(ctx context.Context, tx *postgres.Tx, event cloudevents.Event) error {
	first, err := inbox.Mark(ctx, tx, "copy", event.ID())
	if err != nil || !first[event.ID()] {
		return err
	}
	number := numberOf(event)
	var before int
	err = tx.QueryRowContext(ctx, `
INSERT INTO copy (name, number, events) VALUES ($1, $2, 1)
ON CONFLICT (name) DO UPDATE SET number = excluded.number, events = copy.events + 1
RETURNING events`, event.Subject(), number).Scan(&before)
	if err != nil {
		return err
	}
	if before != number {
		return broker.Poison(fmt.Errorf("%s: event %d came as the %dth", event.Subject(), number, before))
	}
	return nil
}

func TestRelayRepeatsWhatWasNotConfirmed(t *testing.T) {
	db := open(t)
	var published recorder
	failures := 3
	published.fail = func([]cloudevents.Event) error {
		if failures--; failures >= 0 {
			return errors.New("no confirm")
		}
		return nil
	}
	relay := outbox.NewRelay(db, published.publish)
	require.NoError(t, outbox.Append(t.Context(), db.SQL, counted("a", 1)))
	run(t, relay)
	testkit.Eventually(t, "the event to be published in the end", func() bool { return len(published.events()) == 1 })
}

func TestStoppingRelayFinishesItsBatch(t *testing.T) {
	db := open(t)
	begun, finish := make(chan struct{}), make(chan struct{})
	relay := outbox.NewRelay(db, func(ctx context.Context, _ ...cloudevents.Event) error {
		close(begun)
		<-finish
		return ctx.Err()
	})
	require.NoError(t, outbox.Append(t.Context(), db.SQL, counted("a", 1)))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- relay.Run(ctx) }()
	<-begun
	stop()
	close(finish)
	require.NoError(t, <-done)
	require.Zero(t, pending(t, relay), "a published batch must not be published again")
}

// The relay's line to its database falls silent while it publishes.
func TestARelayThatIsCutOffFromItsDatabaseIsTakenOverFrom(t *testing.T) {
	t.Parallel()
	url := testkit.Postgres(t)
	db := openAt(t, url)
	require.NoError(t, outbox.Append(t.Context(), db.SQL, counted("a", 1)))
	line := netfault.New(t, url)
	begun := make(chan struct{})
	run(t, outbox.NewRelay(openAt(t, line.URL()), func(ctx context.Context, _ ...cloudevents.Event) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	}))
	<-begun
	line.Silence()
	t.Cleanup(line.Cut)
	var published recorder
	run(t, outbox.NewRelay(db, published.publish))
	testkit.Eventually(t, "the other relay to publish", func() bool { return len(published.events()) == 1 })
}

func TestABatchThatDoesNotArriveIsTriedInSmallerOnes(t *testing.T) {
	db := open(t)
	events := make([]cloudevents.Event, 40)
	for i := range events {
		events[i] = counted("a", i)
	}
	require.NoError(t, outbox.Append(t.Context(), db.SQL, events...))
	var published recorder
	published.fail = func(batch []cloudevents.Event) error {
		if len(batch) > 7 {
			return context.DeadlineExceeded
		}
		return nil
	}
	relay := outbox.NewRelay(db, published.publish)
	run(t, relay)
	testkit.Eventually(t, "the outbox to be empty", func() bool { return pending(t, relay) == 0 })
	require.Len(t, published.events(), len(events))
	require.True(t, slices.IsSortedFunc(published.events(), func(a, b cloudevents.Event) int { return numberOf(a) - numberOf(b) }))
}

func TestACommitPublishesBeforeTheNextPoll(t *testing.T) {
	db := open(t)
	published := make(chan time.Time, 100)
	relay := outbox.NewRelay(db, func(context.Context, ...cloudevents.Event) error {
		published <- time.Now()
		return nil
	})
	run(t, relay)
	var waited []time.Duration
	for i := range 21 {
		require.NoError(t, db.InTx(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
			return outbox.Append(ctx, tx, counted("a", i))
		}))
		began := time.Now()
		waited = append(waited, (<-published).Sub(began))
	}
	// Half of the events, since a busy machine may be late with some. A poll comes 250 ms after the
	// one before; a commit is followed by the 50 ms in which events are gathered.
	slices.Sort(waited)
	require.Less(t, waited[10], 150*time.Millisecond)
}

func TestBacklogTellsWhatWaits(t *testing.T) {
	db := open(t)
	relay := outbox.NewRelay(db, nil)
	backlog, err := relay.Backlog(t.Context())
	require.NoError(t, err)
	require.Zero(t, backlog)
	require.NoError(t, outbox.Append(t.Context(), db.SQL, counted("a", 1), counted("a", 2)))
	_, err = db.SQL.ExecContext(t.Context(), "UPDATE outbox SET appended_at = appended_at - interval '1 hour' WHERE id = 1")
	require.NoError(t, err)
	backlog, err = relay.Backlog(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, backlog.Pending)
	require.InDelta(t, time.Hour.Seconds(), backlog.Lag.Seconds(), 60)
}

// The relay's own statements, several a second for ever, are in no trace.
func TestTraceLeadsThroughTheOutbox(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	telemetry.SetupForTest(t, spans)
	db := open(t)
	event := counted("a", 1)
	request, span := otel.Tracer("test").Start(t.Context(), "request")
	require.NoError(t, outbox.Append(request, db.SQL, event))
	span.End()
	require.Empty(t, event.Extensions(), "the caller's event is not changed")
	spans.Reset()

	var published recorder
	relay := outbox.NewRelay(db, published.publish)
	stop := run(t, relay)
	testkit.Eventually(t, "the event", func() bool { return len(published.events()) == 1 })
	stop()
	require.Empty(t, spans.GetSpans(), "the relay made spans of its own")
	carried := published.events()[0].Extensions()
	require.Contains(t, slices.Collect(maps.Keys(carried)), eventtrace.Parent)
	require.Contains(t, carried[eventtrace.Parent], span.SpanContext().SpanID().String())
}

// The queue of a consumer that must have the event is deleted at the broker: the event stays in the
// outbox, which says why, until the queue is there again.
func TestAnEventWhoseQueueIsMissingStaysInTheOutbox(t *testing.T) {
	db := open(t)
	amqpURL := testkit.AMQP(t)
	queue := broker.Queue{Name: "counts", Types: []string{eventType}}
	publisher := broker.Connect(t.Context(), amqpURL, queue)
	t.Cleanup(publisher.Close)
	seen, failed := make(chan struct{}), false
	relay := outbox.NewRelay(db, func(ctx context.Context, events ...cloudevents.Event) error {
		if failed {
			<-seen // the problem stands until the next publication
		}
		err := publisher.Publish(ctx, events...)
		failed = failed || err != nil
		return err
	})
	run(t, relay)
	release := sync.OnceFunc(func() { close(seen) })
	t.Cleanup(release)
	require.NoError(t, outbox.Append(t.Context(), db.SQL, counted("a", 1)))
	testkit.Eventually(t, "the first event to be published", func() bool { return pending(t, relay) == 0 })

	connection, err := amqp.Dial(amqpURL)
	require.NoError(t, err)
	defer connection.Close()
	channel, err := connection.Channel()
	require.NoError(t, err)
	_, err = channel.QueueDelete("ordersaga.counts", false, false, false)
	require.NoError(t, err)
	require.NoError(t, outbox.Append(t.Context(), db.SQL, counted("a", 2)))
	testkit.Eventually(t, "the outbox to say which queue is missing", func() bool {
		backlog, err := relay.Backlog(t.Context())
		require.NoError(t, err)
		return backlog.Pending == 1 && strings.Contains(backlog.Problem, "ordersaga.counts")
	})
	release()
	testkit.Eventually(t, "the event to be published", func() bool {
		backlog, err := relay.Backlog(t.Context())
		require.NoError(t, err)
		return backlog == outbox.Backlog{}
	})
	found, err := channel.QueueDeclarePassive("ordersaga.counts", true, false, false, false, nil)
	require.NoError(t, err)
	require.Equal(t, 1, found.Messages, "events in the new queue")
}
