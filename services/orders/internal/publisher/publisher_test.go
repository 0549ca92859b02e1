package publisher_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/broker"
	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/publisher"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// log is an order log whose publisher runs.
type log struct {
	orders *store.Orders
	events *eventstore.Store
}

func follow(t *testing.T, publish publisher.Publish) *log {
	t.Helper()
	db, err := postgres.Open(t.Context(), testkit.Postgres(t))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	require.NoError(t, postgres.Migrate(t.Context(), db, eventstore.Migrations))
	l := &log{events: eventstore.New(db)}
	l.orders = store.New(l.events)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = l.events.Sequence(ctx) })
	running.Go(func() { _ = l.events.Subscribe(ctx, publisher.Follow(publish)) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return l
}

func (l *log) change(t *testing.T, id string, verb func(*domain.Order) error) {
	t.Helper()
	require.NoError(t, l.orders.Update(t.Context(), id, verb))
}

func place(o *domain.Order) error {
	_, err := o.Place(domain.Placement{
		Number: 100042, Reference: "basket-1",
		CustomerID: "ann", RequestHash: "aa", Total: domain.Money{Amount: 590, Currency: "GBP"},
		Lines:       []domain.Line{{Number: 1, SKU: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 2}},
		Adjustments: []domain.Adjustment{{Kind: "shipping", Amount: 90}},
	}, noon)
	return err
}

func confirm(o *domain.Order) error {
	_, err := o.Confirm([]domain.Done{
		{At: noon, Fact: domain.StockReserved{ExpiresAt: noon}},
		{At: noon, Fact: domain.PaymentAuthorized{PaymentID: "p1", Amount: domain.Money{Amount: 590, Currency: "GBP"}}},
	}, noon.Add(time.Second))
	return err
}

// company is what the rest of the company has been told.
type company struct {
	mu   sync.Mutex
	told []cloudevents.Event
}

func (c *company) hear(_ context.Context, events ...cloudevents.Event) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = append(c.told, events...)
	return nil
}

func (c *company) heard() []cloudevents.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]cloudevents.Event(nil), c.told...)
}

func TestTheCompanyIsToldOverTheBroker(t *testing.T) {
	rabbit := broker.Connect(t.Context(), testkit.AMQP(t))
	defer rabbit.Close()
	var c company
	ctx, cancel := context.WithCancel(t.Context())
	var listening sync.WaitGroup
	listening.Go(func() {
		_ = rabbit.Consume(ctx, broker.Consumer{
			Name: "company", Types: []string{"com.ordersaga.orders.#"},
			Handle: func(ctx context.Context, event cloudevents.Event) error { return c.hear(ctx, event) },
		})
	})
	defer func() { cancel(); listening.Wait() }()
	// An event before the queue stands goes to nobody.
	testkit.Eventually(t, "the company's queue to stand", func() bool {
		probe := cloudevents.New()
		probe.SetID(uuid.NewString())
		probe.SetSource(events.SourceOrders)
		probe.SetType("com.ordersaga.orders.probe")
		return rabbit.Publish(t.Context(), probe) == nil && len(c.heard()) > 0
	})

	l := follow(t, rabbit.Publish)
	confirmed, rejected, cancelled := uuid.NewString(), uuid.NewString(), uuid.NewString()
	l.change(t, confirmed, place)
	l.change(t, confirmed, func(o *domain.Order) error {
		o.MarkStuck(domain.Placing(confirmed), []domain.StuckStep{{Step: "ReserveStock", Attempts: 5, LastError: "no answer"}}, "", noon)
		return nil
	})
	l.change(t, confirmed, confirm)
	l.change(t, rejected, place)
	l.change(t, rejected, func(o *domain.Order) error {
		o.Reject(domain.Refused{Reason: refusals.OutOfStock}, nil, noon)
		return nil
	})
	l.change(t, cancelled, place)
	l.change(t, cancelled, func(o *domain.Order) error {
		o.Cancel(domain.Refused{Reason: refusals.Cancelled}, nil, noon)
		return nil
	})

	parted := uuid.NewString()
	l.change(t, parted, place)
	l.change(t, parted, confirm)
	l.change(t, parted, func(o *domain.Order) error {
		request := domain.CancelRequest{Ask: domain.Ask{Instance: "i", Reason: "customer"}, Lines: []domain.LineUnits{{Number: 1, Quantity: 1}}}
		if _, err := o.BeginCancel(request, noon); err != nil {
			return err
		}
		_, err := o.End(domain.Cancelling("i"), nil, noon)
		return err
	})

	of := func(id string) (all []cloudevents.Event) {
		for _, event := range c.heard() {
			if event.Subject() == id {
				all = append(all, event)
			}
		}
		return all
	}
	testkit.Eventually(t, "the last order to be told of", func() bool { return len(of(parted)) == 3 })
	var units events.UnitsCancelled
	require.Equal(t, events.UnitsCancelledV1, of(parted)[2].Type())
	require.NoError(t, of(parted)[2].DataAs(&units))
	require.Equal(t, events.UnitsCancelled{
		OrderID: parted, CustomerID: "ann", Lines: []events.LineUnits{{Line: 1, Quantity: 1}}, Amount: 250, Currency: "GBP", Reason: "customer", CancelledAt: noon,
	}, units)
	require.Equal(t, []string{events.OrderPlacedV1, events.SagaStuckV1, events.OrderConfirmedV1}, types(of(confirmed)), "facts of single steps are not published")
	require.Equal(t, []string{events.OrderPlacedV1, events.OrderRejectedV1}, types(of(rejected)))
	require.Equal(t, []string{events.OrderPlacedV1, events.OrderCancelledV1}, types(of(cancelled)))

	var told events.OrderPlaced
	first := of(confirmed)[0]
	require.NoError(t, first.DataAs(&told))
	require.Equal(t, events.OrderPlaced{
		OrderID: confirmed, Number: 100042, Reference: "basket-1", CustomerID: "ann", Total: 590, Currency: "GBP", PlacedAt: noon,
		Lines:       []events.Line{{SKU: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 2}},
		Adjustments: []events.Adjustment{{Kind: "shipping", Amount: 90}},
	}, told)
	require.Equal(t, events.SourceOrders, first.Source())
	require.Equal(t, noon, first.Time())
	var stuck events.SagaStuck
	require.NoError(t, of(confirmed)[1].DataAs(&stuck))
	require.Equal(t, events.SagaStuck{
		OrderID: confirmed, Saga: "place-order", At: noon, Steps: []events.StuckStep{{Step: "ReserveStock", Attempts: 5, LastError: "no answer"}},
	}, stuck)
	var settled events.OrderConfirmed
	require.NoError(t, of(confirmed)[2].DataAs(&settled))
	require.Equal(t, events.OrderConfirmed{
		OrderID: confirmed, CustomerID: "ann", PaymentID: "p1", Total: 590, Currency: "GBP", ConfirmedAt: noon.Add(time.Second),
	}, settled)
}

func types(told []cloudevents.Event) (all []string) {
	for _, event := range told {
		all = append(all, event.Type())
	}
	return all
}

func TestABatchThatFailsIsToldAgainWithTheSameIDs(t *testing.T) {
	var c company
	failures := 2
	var tried []string
	l := follow(t, func(ctx context.Context, batch ...cloudevents.Event) error {
		if failures > 0 {
			failures--
			tried = append(tried, batch[0].ID())
			return errors.New("the broker is down")
		}
		return c.hear(ctx, batch...)
	})
	id := uuid.NewString()
	l.change(t, id, place)
	l.change(t, id, confirm)
	testkit.Eventually(t, "the order to be told of", func() bool { return len(c.heard()) == 2 })
	require.Equal(t, []string{events.OrderPlacedV1, events.OrderConfirmedV1}, types(c.heard()))
	require.Equal(t, []string{c.heard()[0].ID(), c.heard()[0].ID()}, tried)
	_, err := json.Marshal(c.heard()[0])
	require.NoError(t, err, "a valid CloudEvent")
}

// After a roll-back: the newer version's event may have to be published, and what comes after it in
// its order not before it.
func TestAnEventOfANewerVersionHoldsUpItsOrderAlone(t *testing.T) {
	var c company
	l := follow(t, c.hear)
	newer, other := uuid.NewString(), uuid.NewString()
	l.change(t, newer, place)
	order, err := l.orders.Load(t.Context(), newer)
	require.NoError(t, err)
	version, err := l.events.Append(t.Context(), store.Stream(newer), order.Version(),
		eventstore.NewEvent{Type: "OrderGiftWrapped.v1", Data: struct{}{}, OccurredAt: noon})
	require.NoError(t, err)
	_, err = l.events.Append(t.Context(), store.Stream(newer), version, eventstore.NewEvent{
		Type: "OrderRejected.v1", Data: domain.OrderRejected{Refused: domain.Refused{Reason: refusals.OutOfStock}}, OccurredAt: noon,
	})
	require.NoError(t, err)
	l.change(t, other, place)
	testkit.Eventually(t, "the publisher to come past all of it", func() bool {
		position, head, err := l.events.Progress(t.Context(), publisher.Subscription)
		deferred, failed := l.events.Deferred(t.Context(), publisher.Subscription)
		return err == nil && failed == nil && position == head && deferred == 1 && len(c.heard()) >= 2
	})
	heard := c.heard()
	require.Equal(t, []string{events.OrderPlacedV1, events.OrderPlacedV1}, types(heard))
	require.Equal(t, newer, heard[0].Subject())
	require.Equal(t, other, heard[1].Subject())
}
