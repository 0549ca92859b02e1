package unsettled_test

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
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
	"github.com/ordersaga/ordersaga/services/orders/internal/unsettled"
	"github.com/ordersaga/ordersaga/services/orders/migrations"
)

// begun is when the orders of a test are placed.
var begun = time.Now().Add(-time.Hour).UTC()

func place(o *domain.Order) error {
	return o.Place(domain.Placement{
		CustomerID: "ann", RequestHash: "aa", Total: domain.Money{Amount: 500, Currency: "GBP"},
		Lines: []domain.Line{{SKU: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 2}},
	}, begun)
}

func stuck(o *domain.Order) error {
	return o.MarkStuck(domain.SagaStuck{Saga: "place-order", Step: "ReserveStock", Attempts: 5, LastError: "away"}, begun.Add(time.Minute))
}

func reject(o *domain.Order) error {
	return o.Reject(domain.Refused{Reason: "out_of_stock"}, domain.Done{}, begun.Add(time.Minute))
}

func TestTheListCountsWhatRunsAndWhatIsStuckUntilItIsSettled(t *testing.T) {
	db, err := postgres.Open(t.Context(), testkit.Postgres(t))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	require.NoError(t, postgres.MigrateNamed(t.Context(), db, "eventstore", eventstore.Migrations))
	require.NoError(t, postgres.Migrate(t.Context(), db, migrations.Files))
	events := eventstore.New(db)
	orders, list := store.New(events), unsettled.New(db)
	ctx, cancel := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() { _ = events.Sequence(ctx) })
	following.Go(func() { _ = events.Subscribe(ctx, list.Subscription()) })
	t.Cleanup(func() { cancel(); following.Wait() })

	first, second := uuid.NewString(), uuid.NewString()
	change := func(id string, verbs ...func(*domain.Order) error) {
		t.Helper()
		for _, verb := range verbs {
			require.NoError(t, orders.Update(t.Context(), id, verb))
		}
	}
	awaitFigures := func(running, stuck int64) (oldest time.Duration) {
		t.Helper()
		testkit.Eventually(t, "the list to have the changes", func() bool {
			figures, err := list.Figures(t.Context())
			oldest = figures.Oldest
			return err == nil && figures.Running == running && figures.Stuck == stuck
		})
		return oldest
	}

	change(first, place)
	change(second, place)
	require.InDelta(t, time.Hour, awaitFigures(2, 0), float64(10*time.Minute))
	change(first, stuck)
	awaitFigures(1, 1)
	change(second, stuck, reject)
	awaitFigures(0, 1)
	change(first, reject)
	require.Zero(t, awaitFigures(0, 0))
}
