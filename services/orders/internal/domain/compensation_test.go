package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

var turnedBack = domain.Refused{Reason: refusals.StepTimedOut, Message: "the provider did not answer"}

func TestAnOrderWhoseSagaTurnedBackCannotBeConfirmed(t *testing.T) {
	order := domain.Fold("order-1", nil)
	require.NoError(t, order.Place(placement(), noon))
	require.NoError(t, order.StartCompensation(turnedBack, noon))
	require.NoError(t, order.StartCompensation(domain.Refused{Reason: refusals.Cancelled}, noon), "said again, it changes nothing")
	events := len(order.Changes())

	refused, ok := refusal.As(order.Confirm(domain.Hold{}, domain.Charge{}, noon))
	require.True(t, ok, "a late pivot is refused")
	assert.Equal(t, refusals.StepTimedOut, refused.Reason, "with the reason of the turn")
	assert.Len(t, order.Changes(), events)
	require.NoError(t, order.Reject(turnedBack, domain.Done{}, noon))
}

func TestASagaThatForgotThePivotIsToldBeforeItUndoesAnything(t *testing.T) {
	order := domain.Fold("order-1", nil)
	require.NoError(t, order.Place(placement(), noon))
	require.NoError(t, order.Confirm(domain.Hold{}, domain.Charge{}, noon))
	refused, ok := refusal.As(order.StartCompensation(turnedBack, noon))
	require.True(t, ok)
	assert.Equal(t, refusals.OrderSettled, refused.Reason)
	assert.JSONEq(t, `{"status":"confirmed"}`, string(refused.Details))
}

func TestASettledOrderSaysHowItWasSettled(t *testing.T) {
	order := domain.Fold("order-1", nil)
	require.NoError(t, order.Place(placement(), noon))
	require.NoError(t, order.Reject(domain.Refused{Reason: refusals.OutOfStock, Message: "2 left"}, domain.Done{}, noon))
	refused, ok := refusal.As(order.Place(placement(), noon))
	require.True(t, ok)
	assert.JSONEq(t, `{"status":"rejected","refusal":{"reason":"out_of_stock","message":"2 left"}}`, string(refused.Details))
}

func TestAnOrderThatTheLogDoesNotHaveTurnsBackAndIsRejected(t *testing.T) {
	order := domain.Fold("order-1", nil)
	require.NoError(t, order.StartCompensation(turnedBack, noon))
	require.ErrorIs(t, order.Confirm(domain.Hold{}, domain.Charge{}, noon), domain.ErrNotPlaced, "nothing to close: it has no pivot")
	require.NoError(t, order.Reject(turnedBack, domain.Done{}, noon))
	refused, ok := refusal.As(order.Place(placement(), noon))
	require.True(t, ok, "a placing that comes late")
	assert.Equal(t, refusals.OrderSettled, refused.Reason)
}
