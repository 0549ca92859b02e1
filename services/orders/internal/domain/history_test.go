package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// old is a history from before there were SagaBegan and SagaEnded, as it was kept.
func old(t *testing.T, events ...[2]string) *domain.Order {
	t.Helper()
	history := []domain.Event{}
	for i, event := range events {
		fact, err := domain.Decode(event[0], []byte(event[1]))
		require.NoError(t, err)
		history = append(history, domain.Event{OccurredAt: noon.Add(time.Duration(i) * time.Second), Fact: fact})
	}
	return domain.Fold("1", history)
}

var (
	oldPlaced = [2]string{"OrderPlaced.v1", `{"customer_id":"ann","request_hash":"aa","lines":[
		{"sku":"TEA","name":"Tea","unit_price":250,"quantity":4},{"sku":"CUP","name":"Cup","unit_price":600,"quantity":1}],
		"adjustments":[{"kind":"shipping","amount":390}],"total":{"amount":1990,"currency":"GBP"}}`}
	oldStuck = [2]string{"SagaStuck.v1", `{"customer_id":"ann","saga":"place-order","step":"ReserveStock","attempts":5,"last_error":"no answer"}`}
)

func TestAnOldOrderThatIsUnderWayHasItsSaga(t *testing.T) {
	order := old(t, oldPlaced, oldStuck)
	require.NotNil(t, order.Saga())
	assert.Equal(t, placing, order.Saga().Saga)
	assert.Equal(t, noon, order.Saga().BeganAt)
	assert.Equal(t, stuckIn("ReserveStock", 5), order.Stuck().Steps)
	assert.EqualValues(t, 2, order.Lines()[1].Number)
	direction, err := order.Confirm(done(), noon)
	require.NoError(t, err)
	assert.Equal(t, domain.StatusConfirmed, direction.Ended.Status)
}

func TestAnOldOrderThatIsSettledSaysHowItsSagaEnded(t *testing.T) {
	confirmed := old(t, oldPlaced, [2]string{"StockReserved.v1", `{"expires_at":"2026-03-01T13:00:00Z"}`},
		[2]string{"PaymentAuthorized.v1", `{"payment_id":"p1","provider_reference":"r1"}`},
		[2]string{"OrderConfirmed.v1", `{"customer_id":"ann","payment_id":"p1","total":{"amount":1990,"currency":"GBP"}}`})
	assert.Equal(t, domain.Direction{Ended: &domain.Outcome{Status: domain.StatusConfirmed}}, confirmed.Direction(placing))

	rejected := old(t, oldPlaced, [2]string{"PaymentAuthorized.v1", `{"payment_id":"p1","provider_reference":"r1"}`},
		[2]string{"CompensationStarted.v1", `{"reason":"out_of_stock","message":"too few","details":{"shortages":[]}}`},
		[2]string{"OrderRejected.v1", `{"customer_id":"ann","reason":"out_of_stock","message":"too few","details":{"shortages":[]}}`})
	assert.Equal(t, domain.Direction{Ended: &domain.Outcome{Status: domain.StatusRejected, Refused: &short}}, rejected.Direction(placing))
	assert.Equal(t, domain.PaymentStatusVoided, rejected.Payment(), "it was undone, although nothing says so")

	unplaced := old(t, [2]string{"OrderCancelled.v1", `{"reason":"cancelled"}`})
	assert.Equal(t, domain.StatusCancelled, unplaced.Direction(placing).Ended.Status)
}

func TestAnOldStreamThatOnlyHasTroubleCanBePlaced(t *testing.T) {
	order := old(t, oldStuck)
	assert.Nil(t, order.Stuck())
	direction, err := order.Place(placement(), noon)
	require.NoError(t, err)
	assert.True(t, direction.Forward())
}
