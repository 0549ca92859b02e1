package opensagas_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/opensagas"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/migrations"
)

// begun is when the orders of a test are placed.
var begun = time.Now().Add(-time.Hour).UTC()

func place(o *domain.Order) error {
	_, err := o.Place(domain.Placement{
		CustomerID: "ann", RequestHash: "aa", Total: domain.Money{Amount: 500, Currency: "GBP"},
		Lines: []domain.Line{{Number: 1, SKU: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 2}},
	}, begun)
	return err
}

func stuck(o *domain.Order) error {
	o.MarkStuck(domain.Placing(o.ID()), []domain.StuckStep{{Step: "ReserveStock", Attempts: 5, LastError: "no answer"}}, "", begun.Add(time.Minute))
	return nil
}

func turnBack(o *domain.Order) error {
	o.TurnBack(domain.Placing(o.ID()), domain.Refused{Reason: "out_of_stock"}, begun.Add(time.Minute))
	return nil
}

func reject(o *domain.Order) error {
	o.Reject(domain.Refused{Reason: "out_of_stock"}, nil, begun.Add(time.Minute))
	return nil
}

// world is an order log whose open sagas are listed.
type world struct {
	t      *testing.T
	db     *postgres.DB
	events *eventstore.Store
	orders *store.Orders
	list   *opensagas.Sagas
}

func follow(t *testing.T) *world {
	t.Helper()
	db, err := postgres.Open(t.Context(), testkit.Postgres(t))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	require.NoError(t, postgres.Migrate(t.Context(), db, migrations.All...))
	events := eventstore.New(db)
	w := &world{t, db, events, store.New(events), opensagas.New(db)}
	ctx, cancel := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() { _ = events.Sequence(ctx) })
	following.Go(func() { _ = events.Subscribe(ctx, w.list.Subscription()) })
	t.Cleanup(func() { cancel(); following.Wait() })
	return w
}

func (w *world) change(id string, verbs ...func(*domain.Order) error) {
	w.t.Helper()
	for _, verb := range verbs {
		require.NoError(w.t, w.orders.Update(w.t.Context(), id, verb))
	}
}

func (w *world) awaitFigures(running, stuck int64) (oldest time.Duration) {
	w.t.Helper()
	testkit.Eventually(w.t, "the list to have the changes", func() bool {
		figures, err := w.list.Figures(w.t.Context())
		oldest = figures.Oldest
		return err == nil && figures.Running == running && figures.Stuck == stuck
	})
	return oldest
}

func TestTheListCountsWhatRunsAndWhatIsStuckUntilItEnds(t *testing.T) {
	w := follow(t)
	first, second := uuid.NewString(), uuid.NewString()
	w.change(first, place)
	w.change(second, place)
	require.InDelta(t, time.Hour, w.awaitFigures(2, 0), float64(10*time.Minute))
	w.change(first, stuck)
	w.awaitFigures(1, 1)
	w.change(first, turnBack)
	w.awaitFigures(2, 0)
	w.change(first, stuck)
	w.awaitFigures(1, 1)
	w.change(second, stuck, reject)
	w.awaitFigures(0, 1)
	w.change(first, reject)
	require.Zero(t, w.awaitFigures(0, 0))
}

func TestTheListNamesSagasOfEveryKindOldestFirst(t *testing.T) {
	w := follow(t)
	ids := []string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
	for _, id := range ids {
		w.change(id, place)
	}
	w.change(ids[1], reject)
	shipping := domain.Saga{Kind: "ship-order", Instance: uuid.NewString()}
	w.append(ids[1], domain.SagaBegan{Saga: shipping, CustomerID: "ann", Input: []byte(`{"lines":[]}`)})
	w.append(ids[1], domain.SagaStuck{Saga: shipping})
	w.awaitFigures(2, 1)

	var listed []opensagas.Saga
	after := int64(0)
	for {
		page, err := w.list.List(t.Context(), 0, after, 1)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		listed, after = append(listed, page...), page[0].Position
	}
	require.Len(t, listed, 3)
	require.Equal(t, []string{ids[0], ids[2], ids[1]}, []string{listed[0].OrderID, listed[1].OrderID, listed[2].OrderID})
	require.Equal(t, domain.Placing(ids[0]), listed[0].Saga)
	require.Equal(t, shipping, listed[2].Saga)
	require.Equal(t, "ann", listed[2].CustomerID)
	young, err := w.list.List(t.Context(), 2*time.Hour, 0, 10)
	require.NoError(t, err)
	require.Empty(t, young, "none began so long ago")

	w.append(ids[1], domain.SagaEnded{Saga: domain.Placing(ids[1])})
	w.append(ids[0], domain.SagaEnded{Saga: domain.Placing(ids[0])})
	w.awaitFigures(1, 1)
	w.append(ids[1], domain.SagaEnded{Saga: shipping})
	w.awaitFigures(1, 0)
}

// append writes an event that no verb of an order writes yet.
func (w *world) append(id string, fact domain.Fact) {
	w.t.Helper()
	order, err := w.orders.Load(w.t.Context(), id)
	require.NoError(w.t, err)
	_, err = w.events.Append(w.t.Context(), store.Stream(id), order.Version(), eventstore.NewEvent{Type: domain.TypeOf(fact), Data: fact, OccurredAt: begun})
	require.NoError(w.t, err)
}

// A log from before there were SagaBegan and SagaEnded, and its list, which stood at the first
// order.
func TestTheListGoesOnFromTheOneOfUnsettledOrders(t *testing.T) {
	db, err := postgres.Open(t.Context(), testkit.Postgres(t))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	require.NoError(t, postgres.Migrate(t.Context(), db, eventstore.Migrations))
	events := eventstore.New(db)
	ids := []string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
	for _, id := range ids {
		_, err := events.Append(t.Context(), store.Stream(id), 0, eventstore.NewEvent{
			Type: "OrderPlaced.v1", Data: map[string]any{"customer_id": "ann"}, OccurredAt: begun,
		})
		require.NoError(t, err)
	}
	_, err = events.Append(t.Context(), store.Stream(ids[0]), 1, eventstore.NewEvent{
		Type: "OrderRejected.v1", Data: map[string]any{"reason": "out_of_stock"}, OccurredAt: begun,
	})
	require.NoError(t, err)
	older := postgres.Migrations{Name: "service", Files: testkit.Until(t, migrations.Own.Files, "00002_stuck.sql")}
	require.NoError(t, postgres.Migrate(t.Context(), db, older))
	_, err = db.SQL.ExecContext(t.Context(), `INSERT INTO subscriptions (name, position) VALUES ('unsettled', 2)`)
	require.NoError(t, err)
	for i, id := range ids[:2] {
		_, err = db.SQL.ExecContext(t.Context(), `
			INSERT INTO unsettled_orders (order_id, customer_id, placed_at, position) VALUES ($1, 'ann', $2, $3)`, id, begun, i+1)
		require.NoError(t, err)
	}

	require.NoError(t, postgres.Migrate(t.Context(), db, migrations.Own))
	list := opensagas.New(db)
	ctx, cancel := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() { _ = events.Sequence(ctx) })
	following.Go(func() { _ = events.Subscribe(ctx, list.Subscription()) })
	t.Cleanup(func() { cancel(); following.Wait() })
	testkit.Eventually(t, "the reader to come to the end of the log", func() bool {
		position, head, err := events.Progress(t.Context(), opensagas.Subscription)
		return err == nil && head == 4 && position == head
	})
	found, err := list.List(t.Context(), 0, 0, 10)
	require.NoError(t, err)
	require.Len(t, found, 2)
	for i, saga := range found {
		require.Equal(t, ids[i+1], saga.OrderID)
		require.Equal(t, domain.Placing(ids[i+1]), saga.Saga)
	}
}

// After a roll-back: what the newer version wrote may be about a saga. Its order stays in the list
// as it is, and the others go on.
func TestAnOrderOfANewerVersionStaysInTheListAndHoldsNobodyUp(t *testing.T) {
	w := follow(t)
	newer, other := uuid.NewString(), uuid.NewString()
	w.change(newer, place)
	order, err := w.orders.Load(t.Context(), newer)
	require.NoError(t, err)
	_, err = w.events.Append(t.Context(), store.Stream(newer), order.Version(),
		eventstore.NewEvent{Type: "SagaMoved.v1", Data: struct{}{}, OccurredAt: begun})
	require.NoError(t, err)
	w.change(other, place, reject)
	w.awaitFigures(1, 0)
	testkit.Eventually(t, "the list to have all there is, and to leave one order aside", func() bool {
		position, head, err := w.events.Progress(t.Context(), opensagas.Subscription)
		deferred, failed := w.events.Deferred(t.Context(), opensagas.Subscription)
		return err == nil && failed == nil && position == head && head > 0 && deferred == 1
	})
}
