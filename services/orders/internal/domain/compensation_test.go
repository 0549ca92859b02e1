package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

var late = domain.Refused{Reason: refusals.StepTimedOut, Message: "the provider did not answer"}

func TestAnOrderWhoseSagaTurnedBackCannotBeConfirmed(t *testing.T) {
	order := placed(t)
	assert.Equal(t, domain.Direction{TurnedBack: &late}, order.TurnBack(placing, late, noon))
	assert.Equal(t, &late, order.TurnBack(placing, domain.Refused{Reason: refusals.Cancelled}, noon).TurnedBack, "the first reason is kept")
	events := len(order.Changes())

	direction, err := order.Confirm(done(), noon)
	require.NoError(t, err)
	assert.Equal(t, &late, direction.TurnedBack, "a pivot that comes late")
	assert.Len(t, order.Changes(), events)
	assert.Equal(t, domain.StatusRejected, order.Reject(late, nil, noon).Ended.Status)
}

func TestASagaThatForgotThePivotIsToldBeforeItUndoesAnything(t *testing.T) {
	order := confirmed(t)
	assert.Equal(t, domain.Direction{Ended: &domain.Outcome{Status: domain.StatusConfirmed}}, order.TurnBack(placing, late, noon))
	require.Error(t, order.CheckUndo(placing, false))
}

func TestASettledOrderSaysHowItsSagaEnded(t *testing.T) {
	order := placed(t)
	order.Reject(short, nil, noon)
	direction, err := order.Place(placement(), noon)
	require.NoError(t, err)
	assert.Equal(t, domain.Direction{Ended: &domain.Outcome{Status: domain.StatusRejected, Refused: &short}}, direction)
}

func TestASagaOfAnOrderThatTheLogDoesNotHaveTurnsBackAndIsRejected(t *testing.T) {
	order := domain.Fold("1", nil)
	direction, err := order.Confirm(done(), noon)
	require.NoError(t, err)
	require.NotNil(t, direction.TurnedBack, "the pivot is answered: a saga that is stuck there would be for ever")
	assert.Equal(t, refusals.OrderUnknown, direction.TurnedBack.Reason)
	assert.Equal(t, &late, order.TurnBack(placing, late, noon).TurnedBack)
	assert.Equal(t, refusals.OrderUnknown, order.Resume(placing, noon).TurnedBack.Reason)
	require.NoError(t, order.CheckUndo(placing, false), "what the other services know of is undone")
	order.MarkStuck(placing, stuckIn("VoidPayment", 5), "", noon)
	assert.Empty(t, order.Changes(), "none of this opens a stream")

	assert.Equal(t, domain.StatusRejected, order.Reject(late, nil, noon).Ended.Status)
	direction, err = order.Place(placement(), noon)
	require.NoError(t, err)
	assert.Equal(t, domain.StatusRejected, direction.Ended.Status, "a placing that comes late")
}

func TestASagaWhoseRunIsGoneIsTurnedBackUnlessItHasEnded(t *testing.T) {
	order := placed(t)
	assert.Equal(t, refusals.Interrupted, order.Resume(placing, noon).TurnedBack.Reason)
	assert.Equal(t, refusals.Interrupted, order.Resume(placing, noon).TurnedBack.Reason)
	assert.Len(t, order.Changes(), 3, "once")

	order = placed(t)
	order.TurnBack(placing, late, noon)
	assert.Equal(t, &late, order.Resume(placing, noon).TurnedBack, "it goes on undoing for the reason it had")

	order = confirmed(t)
	assert.Equal(t, domain.StatusConfirmed, order.Resume(placing, noon).Ended.Status)
}

func TestUndoIsAllowedOnlyAfterTheOrderTurnedTheSagaBack(t *testing.T) {
	other := domain.Saga{Kind: placing.Kind, Instance: "2"}
	for name, test := range map[string]struct {
		order   *domain.Order
		saga    domain.Saga
		allowed bool
	}{
		"forward":                   {placed(t), placing, false},
		"confirmed":                 {confirmed(t), placing, false},
		"another saga":              {placed(t), other, false},
		"another saga of confirmed": {confirmed(t), other, false},
		"unknown order":             {domain.Fold("1", nil), placing, true},
		"turned back":               {after(placed(t), func(o *domain.Order) { o.TurnBack(placing, late, noon) }), placing, true},
		"rejected":                  {after(placed(t), func(o *domain.Order) { o.Reject(late, nil, noon) }), placing, true},
		"cancelled":                 {after(placed(t), func(o *domain.Order) { o.Cancel(late, nil, noon) }), placing, true},
		"another saga of rejected":  {after(placed(t), func(o *domain.Order) { o.Reject(late, nil, noon) }), other, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.order.CheckUndo(test.saga, false)
			if test.allowed {
				require.NoError(t, err)
			} else {
				require.Error(t, err)
			}
		})
	}
}

func TestASagaThatTheOrderDoesNotHaveIsToldToStop(t *testing.T) {
	order := placed(t)
	other := domain.Saga{Kind: "ship-order", Instance: "2"}
	for _, direction := range []domain.Direction{order.Direction(other), order.TurnBack(other, late, noon), order.Resume(other, noon)} {
		require.NotNil(t, direction.Ended)
		assert.Equal(t, refusals.SagaUnknown, direction.Ended.Refused.Reason)
	}
	order.MarkStuck(other, stuckIn("Ship", 5), "", noon)
	assert.Len(t, order.Changes(), 2, "nothing is recorded")
}

func after(order *domain.Order, say func(*domain.Order)) *domain.Order {
	say(order)
	return order
}
