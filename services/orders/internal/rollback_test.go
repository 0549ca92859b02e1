package internal_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/eventstore"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderlist"
	"github.com/ordersaga/ordersaga/services/orders/internal/orderstest"
	"github.com/ordersaga/ordersaga/services/orders/internal/store"
)

// After a roll-back the log has events that only the newer version knows. Whoever asks for such an
// order is told so; all others go on.
func TestAnOrderOfANewerVersionHoldsNobodyUp(t *testing.T) {
	w := orderstest.Start(t, orderstest.WithReadModel())
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	placed := domain.OrderPlaced{
		CustomerID: "ann", RequestHash: strings.Repeat("a", 64), Total: domain.Money{Amount: 500, Currency: "GBP"},
		Lines: []domain.Line{{SKU: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 2}},
	}
	newer, other := uuid.NewString(), uuid.NewString()
	record := func(id string, expected int64, eventType string, fact any) {
		t.Helper()
		_, err := w.Events.Append(t.Context(), store.Stream(id), expected, eventstore.NewEvent{Type: eventType, Data: fact, OccurredAt: at})
		require.NoError(t, err)
	}
	record(newer, 0, "OrderPlaced.v1", placed)
	record(newer, 1, "OrderGiftWrapped.v1", map[string]string{"paper": "red"})
	record(newer, 2, "OrderRejected.v1", domain.OrderRejected{CustomerID: "ann", Refused: domain.Refused{Reason: "out_of_stock"}})
	record(other, 0, "OrderPlaced.v1", placed)
	record(other, 1, "OrderRejected.v1", domain.OrderRejected{CustomerID: "ann", Refused: domain.Refused{Reason: "out_of_stock"}})

	live, err := w.List.Live(t.Context())
	require.NoError(t, err)
	testkit.Eventually(t, "the projection to have come past both", func() bool {
		position, head, err := w.List.Progress(t.Context(), live)
		return err == nil && position == 5 && head == 5
	})
	var summary orderlist.Summary
	require.NoError(t, w.List.Collection(live).FindOne(t.Context(), bson.D{{Key: "_id", Value: other}}).Decode(&summary))
	assert.Equal(t, string(domain.StatusRejected), summary.Status)

	operator := w.As("olga", auth.ScopeOperator)
	require.Equal(t, http.StatusOK, operator.Get("/v1/orders/"+other).Status)
	refused := operator.Get("/v1/orders/" + newer)
	require.Equal(t, http.StatusServiceUnavailable, refused.Status, string(refused.Body))
	assert.Contains(t, string(refused.Body), "A newer version of this service has changed the order")
	_, err = w.Saga.RecordPlaced(t.Context(), placing(newer))
	assert.Equal(t, codes.Unavailable, status.Code(err), "its saga waits: %v", err)
	assert.Contains(t, status.Convert(err).Message(), "A newer version of this service has changed the order")

	var orders struct {
		Orders     []struct{ ID string }
		Unreadable []struct{ ID, Reason string }
	}
	decode(t, operator.Get("/v1/audit/orders"), &orders)
	require.Len(t, orders.Orders, 1)
	assert.Equal(t, other, orders.Orders[0].ID)
	require.Len(t, orders.Unreadable, 1)
	assert.Equal(t, newer, orders.Unreadable[0].ID)
	assert.Contains(t, orders.Unreadable[0].Reason, "OrderGiftWrapped.v1")
	var compared struct {
		Compared, Behind int
		Mismatches       []any
	}
	decode(t, operator.Get("/v1/audit/read-model"), &compared)
	assert.Equal(t, 2, compared.Compared)
	assert.Equal(t, 1, compared.Behind)
	assert.Empty(t, compared.Mismatches)
	var delivery struct {
		Subscriptions []struct {
			Name     string
			Deferred int
		}
	}
	decode(t, operator.Get("/v1/audit/delivery"), &delivery)
	i := slices.IndexFunc(delivery.Subscriptions, func(s struct {
		Name     string
		Deferred int
	},
	) bool {
		return s.Name == w.List.Subscription(live)
	})
	require.GreaterOrEqual(t, i, 0)
	assert.Equal(t, 1, delivery.Subscriptions[i].Deferred)
}

func decode(t *testing.T, answer *orderstest.Answer, into any) {
	t.Helper()
	require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
	require.NoError(t, json.Unmarshal(answer.Body, into))
}
