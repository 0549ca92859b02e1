package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

const instance = "0d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d"

func cancelRequest(lines ...domain.LineUnits) domain.CancelRequest {
	return domain.CancelRequest{Ask: domain.Ask{Instance: instance, Hash: "h", Reason: "customer", By: "ann"}, Lines: lines}
}

func reasonOf(t *testing.T, err error) string {
	t.Helper()
	refused, ok := refusal.As(err)
	require.True(t, ok, "a refusal, not %v", err)
	return refused.Reason
}

// cancel takes units out of an order, as its saga does.
func cancel(t require.TestingT, order *domain.Order, request domain.CancelRequest, done ...domain.Done) domain.Cancellation {
	planned, err := order.BeginCancel(request, noon)
	require.NoError(t, err)
	direction, err := order.End(domain.Cancelling(request.Instance), done, noon.Add(time.Minute))
	require.NoError(t, err)
	require.NotNil(t, direction.Ended)
	require.Nil(t, direction.Ended.Refused)
	return planned
}

func TestUnitsAreCancelledAndTheRestStays(t *testing.T) {
	order := confirmed(t)
	planned := cancel(t, order, cancelRequest(domain.LineUnits{Number: 1, Quantity: 3}))
	assert.EqualValues(t, 750, planned.Amount.Amount, "without shipping")
	assert.False(t, planned.Whole)
	assert.Equal(t, domain.StatusConfirmed, order.Status())
	assert.EqualValues(t, 3, order.CancelledUnits()[1])
	assert.EqualValues(t, 1240, order.Due().Amount)

	again := cancelRequest(domain.LineUnits{Number: 1, Quantity: 2})
	again.Instance = "1d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d"
	_, err := order.BeginCancel(again, noon)
	require.Equal(t, refusals.UnitsNotCancellable, reasonOf(t, err))

	again.Lines = nil
	last := cancel(t, order, again, voided, released)
	assert.True(t, last.Whole)
	assert.EqualValues(t, 1240, last.Amount.Amount, "with shipping")
	assert.Equal(t, domain.StatusCancelled, order.Status())
	assert.Equal(t, domain.PaymentStatusVoided, order.Payment())
	assert.Zero(t, order.Due().Amount)
	_, err = order.PlanCancel(domain.CancelRequest{})
	require.Equal(t, refusals.OrderSettled, reasonOf(t, err))
}

func TestOneSagaAtATimeCancels(t *testing.T) {
	order := confirmed(t)
	_, err := order.BeginCancel(cancelRequest(), noon)
	require.NoError(t, err)
	other := cancelRequest()
	other.Instance = "1d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d"
	_, err = order.BeginCancel(other, noon)
	require.Equal(t, refusals.SagaInProgress, reasonOf(t, err))
	direction, err := order.End(domain.Cancelling(other.Instance), nil, noon)
	require.NoError(t, err)
	require.Equal(t, refusals.SagaUnknown, direction.Ended.Refused.Reason)
	require.Equal(t, domain.StatusConfirmed, order.Status(), "a saga that is not the open one ends nothing")
	require.NotNil(t, order.Request(instance))
	require.Zero(t, order.Request(instance).Ended)
}

// Cancelling undoes what placing did, and only then, and only as much as is cancelled.
func TestWhatPlacingDidMayBeUndoneWhileTheOrderIsCancelled(t *testing.T) {
	order := confirmed(t)
	require.Error(t, order.CheckUndo(placing, true))
	_, err := order.BeginCancel(cancelRequest(domain.LineUnits{Number: 1, Quantity: 1}), noon)
	require.NoError(t, err)
	require.NoError(t, order.CheckUndo(placing, true))
	require.Error(t, order.CheckUndo(placing, false), "the payment stands")
	_, err = order.End(domain.Cancelling(instance), nil, noon)
	require.NoError(t, err)
	require.Error(t, order.CheckUndo(placing, true))

	whole := confirmed(t)
	_, err = whole.BeginCancel(cancelRequest(), noon)
	require.NoError(t, err)
	require.NoError(t, whole.CheckUndo(placing, false))
}

func TestACancelMeetsTheOrderBeforeItsPivot(t *testing.T) {
	order := placed(t)
	_, err := order.BeginCancel(cancelRequest(), noon)
	require.Equal(t, refusals.SagaInProgress, reasonOf(t, err))
	require.Equal(t, refusals.SagaInProgress, reasonOf(t, order.CancelPlacing(cancelRequest(domain.LineUnits{Number: 1, Quantity: 1}), noon)))
	withFee := cancelRequest()
	withFee.Fee = gbp(100)
	require.Equal(t, refusals.SagaInProgress, reasonOf(t, order.CancelPlacing(withFee, noon)), "nothing is charged yet")
	require.NoError(t, order.CancelPlacing(cancelRequest(), noon))
	other, changes := cancelRequest(), len(order.Changes())
	other.Instance = "1d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d"
	require.Equal(t, refusals.SagaInProgress, reasonOf(t, order.CancelPlacing(other, noon)), "once is enough")
	require.Len(t, order.Changes(), changes)
	direction, err := order.Confirm(done(), noon)
	require.NoError(t, err)
	require.Equal(t, refusals.Cancelled, direction.TurnedBack.Reason, "the pivot that comes after it")
	require.Zero(t, order.Request(instance).Ended)
	order.Cancel(*direction.TurnedBack, append(done(), voided, released), noon)
	require.Equal(t, domain.StatusCancelled, order.Status())
	require.NotZero(t, order.Request(instance).Ended)
	require.Zero(t, order.Due().Amount, "nothing was charged")
}
