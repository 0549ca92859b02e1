package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

const instance = "0d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d"

func cancelRequest(lines ...domain.CancelledLine) domain.CancelRequest {
	return domain.CancelRequest{Instance: instance, Hash: "h", Lines: lines, Reason: "customer", By: "ann"}
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
	direction, err := order.EndCancel(domain.Cancelling(request.Instance), done, noon.Add(time.Minute))
	require.NoError(t, err)
	require.NotNil(t, direction.Ended)
	require.Nil(t, direction.Ended.Refused)
	return planned
}

func TestUnitsAreCancelledAndTheRestStays(t *testing.T) {
	order := confirmed(t)
	planned := cancel(t, order, cancelRequest(domain.CancelledLine{Number: 1, Quantity: 3}))
	assert.EqualValues(t, 750, planned.Amount.Amount, "without shipping")
	assert.False(t, planned.Whole)
	assert.Equal(t, domain.StatusConfirmed, order.Status())
	assert.EqualValues(t, 3, order.CancelledUnits()[1])
	assert.EqualValues(t, 1240, order.Due().Amount)

	again := cancelRequest(domain.CancelledLine{Number: 1, Quantity: 2})
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
	direction, err := order.EndCancel(domain.Cancelling(other.Instance), nil, noon)
	require.NoError(t, err)
	require.Equal(t, refusals.SagaUnknown, direction.Ended.Refused.Reason)
	require.Equal(t, domain.StatusConfirmed, order.Status(), "a saga that is not the open one ends nothing")
	require.NotNil(t, order.CancelOf(instance))
	require.Zero(t, order.CancelOf(instance).Ended)
}

// Cancelling undoes what placing did, and only then, and only as much as is cancelled.
func TestWhatPlacingDidMayBeUndoneWhileTheOrderIsCancelled(t *testing.T) {
	order := confirmed(t)
	require.Error(t, order.CheckUndo(placing, true))
	_, err := order.BeginCancel(cancelRequest(domain.CancelledLine{Number: 1, Quantity: 1}), noon)
	require.NoError(t, err)
	require.NoError(t, order.CheckUndo(placing, true))
	require.Error(t, order.CheckUndo(placing, false), "the payment stands")
	_, err = order.EndCancel(domain.Cancelling(instance), nil, noon)
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
	require.Equal(t, refusals.SagaInProgress, reasonOf(t, order.CancelPlacing(cancelRequest(domain.CancelledLine{Number: 1, Quantity: 1}), noon)))
	require.NoError(t, order.CancelPlacing(cancelRequest(), noon))
	other, changes := cancelRequest(), len(order.Changes())
	other.Instance = "1d1d6f6e-1a52-5c0e-8f0f-0d6f6a1b2c3d"
	require.Equal(t, refusals.SagaInProgress, reasonOf(t, order.CancelPlacing(other, noon)), "once is enough")
	require.Len(t, order.Changes(), changes)
	direction, err := order.Confirm(done(), noon)
	require.NoError(t, err)
	require.Equal(t, refusals.Cancelled, direction.TurnedBack.Reason, "the pivot that comes after it")
	require.Zero(t, order.CancelOf(instance).Ended)
	order.Cancel(*direction.TurnedBack, append(done(), voided, released), noon)
	require.Equal(t, domain.StatusCancelled, order.Status())
	require.NotZero(t, order.CancelOf(instance).Ended)
	require.Zero(t, order.Due().Amount, "nothing was charged")
}

// However an order is cancelled bit by bit, what is due is what its units that are left cost, and
// in the end nothing.
func TestCancelsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := domain.Placement{CustomerID: "ann", RequestHash: "aa", Total: domain.Money{Currency: "GBP"}}
		left := map[int32]int64{}
		for number := range rapid.Int32Range(1, 5).Draw(t, "lines") {
			line := domain.Line{
				Number: number + 1, SKU: "S", UnitPrice: rapid.Int64Range(0, 999).Draw(t, "price"), Quantity: rapid.Int64Range(1, 9).Draw(t, "quantity"),
			}
			p.Lines = append(p.Lines, line)
			p.Total.Amount += line.UnitPrice * line.Quantity
			left[line.Number] = line.Quantity
		}
		discount := rapid.Int64Range(0, p.Total.Amount).Draw(t, "discount")
		shipping, tax := rapid.Int64Range(0, 999).Draw(t, "shipping"), rapid.Int64Range(0, 999).Draw(t, "tax")
		p.Adjustments = []domain.Adjustment{{Kind: "shipping", Amount: shipping}, {Kind: "discount", Amount: -discount}, {Kind: "tax", Amount: tax}}
		p.Total.Amount += shipping + tax - discount
		order := domain.Fold("1", nil)
		_, err := order.Place(p, noon)
		require.NoError(t, err)
		paid := domain.Done{At: noon, Fact: domain.PaymentAuthorized{PaymentID: "p1", Amount: p.Total}}
		_, err = order.Confirm([]domain.Done{reserved, paid}, noon)
		require.NoError(t, err)

		var cancelled int64
		for len(left) > 0 {
			number := rapid.SampledFrom(p.Lines).Filter(func(l domain.Line) bool { return left[l.Number] > 0 }).Draw(t, "line").Number
			quantity := rapid.Int64Range(1, left[number]).Draw(t, "units")
			request := domain.CancelRequest{Instance: rapid.StringMatching(`[0-9a-f]{8}-0000-4000-8000-[0-9a-f]{12}`).Draw(t, "id"), Lines: []domain.CancelledLine{{number, quantity}}}
			planned := cancel(t, order, request)
			require.GreaterOrEqual(t, planned.Amount.Amount, int64(0))
			cancelled += planned.Amount.Amount
			if left[number] -= quantity; left[number] == 0 {
				delete(left, number)
			}
			require.Equal(t, p.Total.Amount-cancelled, order.Due().Amount)
			require.Equal(t, len(left) == 0, planned.Whole)
		}
		require.Zero(t, order.Due().Amount)
		require.Equal(t, domain.StatusCancelled, order.Status())
	})
}
