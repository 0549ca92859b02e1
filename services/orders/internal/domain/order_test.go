package domain_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func placement() domain.Placement {
	return domain.Placement{
		CustomerID:  "ann",
		RequestHash: "aa",
		Lines:       []domain.Line{{SKU: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 4}, {SKU: "CUP", Name: "Cup", UnitPrice: 600, Quantity: 1}},
		Adjustments: []domain.Adjustment{{Kind: "shipping", Amount: 390}},
		Total:       domain.Money{Amount: 1990, Currency: "GBP"},
	}
}

func placed(t *testing.T) *domain.Order {
	t.Helper()
	order := domain.Fold("1", nil)
	require.NoError(t, order.Place(placement(), noon))
	return order
}

func requireRefusal(t *testing.T, err error, reason string) {
	t.Helper()
	refused, ok := refusal.As(err)
	require.True(t, ok, "a refusal with reason %s, not %v", reason, err)
	require.Equal(t, reason, refused.Reason)
}

var (
	hold   = domain.Hold{ReservedAt: noon.Add(time.Second), ExpiresAt: noon.Add(time.Hour)}
	charge = domain.Charge{AuthorizedAt: noon.Add(2 * time.Second), PaymentID: "p1", ProviderReference: "ch_1"}
	short  = domain.Refused{Reason: refusals.OutOfStock, Message: "too few", Details: json.RawMessage(`{"shortages":[]}`)}
)

func TestConfirmRecordsTheWholeStoryAtOnce(t *testing.T) {
	order := placed(t)
	require.NoError(t, order.Confirm(hold, charge, noon.Add(3*time.Second)))

	var types []string
	var times []time.Time
	for _, change := range order.Changes() {
		types = append(types, change.Fact.Type())
		times = append(times, change.OccurredAt)
	}
	require.Equal(t, []string{domain.TypeOrderPlaced, domain.TypeStockReserved, domain.TypePaymentAuthorized, domain.TypeOrderConfirmed}, types)
	require.Equal(t, []time.Time{noon, noon.Add(time.Second), noon.Add(2 * time.Second), noon.Add(3 * time.Second)}, times)
	require.Equal(t, domain.StatusConfirmed, order.Status())
	require.Equal(t, domain.PaymentStatusAuthorized, order.Payment())
	require.Equal(t, noon.Add(3*time.Second), order.SettledAt())
}

func TestRejectVoidsWhatWasAuthorizedAndSaysWhy(t *testing.T) {
	order := placed(t)
	require.NoError(t, order.Reject(short, domain.Done{Stock: &hold, Payment: &charge}, noon))
	require.Equal(t, domain.StatusRejected, order.Status())
	require.Equal(t, domain.PaymentStatusVoided, order.Payment())
	require.Equal(t, &short, order.Refused())
}

func TestRejectWithoutPaymentLeavesNoPayment(t *testing.T) {
	order := placed(t)
	require.NoError(t, order.Reject(short, domain.Done{Stock: &hold}, noon))
	require.Equal(t, domain.PaymentStatusNone, order.Payment())
}

func TestPlaceAgainWithTheSameRequestChangesNothing(t *testing.T) {
	order := placed(t)
	require.NoError(t, order.Place(placement(), noon.Add(time.Minute)))
	require.Len(t, order.Changes(), 1)
}

func TestPlaceAgainWithAnotherRequestIsRefused(t *testing.T) {
	other := placement()
	other.RequestHash = "bb"
	order := placed(t)
	requireRefusal(t, order.Place(other, noon), refusals.RequestMismatch)
	require.NoError(t, order.Confirm(hold, charge, noon))
	requireRefusal(t, order.Place(other, noon), refusals.RequestMismatch)
}

func TestASettledOrderRefusesToBePlaced(t *testing.T) {
	for name, settle := range settlings() {
		t.Run(name, func(t *testing.T) {
			order := placed(t)
			require.NoError(t, settle(order))
			requireRefusal(t, order.Place(placement(), noon), refusals.OrderSettled)
		})
	}
}

func settlings() map[string]func(*domain.Order) error {
	return map[string]func(*domain.Order) error{
		"confirmed": func(o *domain.Order) error { return o.Confirm(hold, charge, noon) },
		"rejected":  func(o *domain.Order) error { return o.Reject(short, domain.Done{}, noon) },
		"cancelled": func(o *domain.Order) error { return o.Cancel(refusals.Cancelled, domain.Done{}, noon) },
	}
}

func TestASettledOrderIsSettledOnce(t *testing.T) {
	for first, settle := range settlings() {
		for second, again := range settlings() {
			t.Run(first+" then "+second, func(t *testing.T) {
				order := placed(t)
				require.NoError(t, settle(order))
				recorded := len(order.Changes())
				err := again(order)
				if first == second {
					require.NoError(t, err, "saying it again is no error")
				} else {
					requireRefusal(t, err, refusals.OrderSettled)
				}
				require.Equal(t, domain.Status(first), order.Status())
				require.Len(t, order.Changes(), recorded)
			})
		}
	}
}

func TestRejectBeforePlaceKeepsALatePlaceOut(t *testing.T) {
	order := domain.Fold("1", nil)
	require.NoError(t, order.Reject(domain.Refused{Reason: refusals.StepTimedOut}, domain.Done{}, noon))
	requireRefusal(t, order.Place(placement(), noon), refusals.OrderSettled)
	require.False(t, order.Placed())
}

func TestConfirmBeforePlaceFails(t *testing.T) {
	require.ErrorIs(t, domain.Fold("1", nil).Confirm(hold, charge, noon), domain.ErrNotPlaced)
}

func TestStuckIsRecordedOnceForANumberOfAttempts(t *testing.T) {
	order := placed(t)
	stuck := domain.SagaStuck{Saga: "place-order", Step: "authorize-payment", Attempts: 5, LastError: "no answer"}
	require.NoError(t, order.MarkStuck(stuck, noon))
	require.NoError(t, order.MarkStuck(stuck, noon.Add(time.Second)))
	stuck.Attempts = 4
	require.NoError(t, order.MarkStuck(stuck, noon.Add(time.Second)), "an attempt that comes late")
	require.Len(t, order.Changes(), 2)
	stuck.Attempts = 6
	require.NoError(t, order.MarkStuck(stuck, noon.Add(time.Minute)))
	require.Len(t, order.Changes(), 3)
	require.Equal(t, 6, order.Stuck().Attempts)

	require.NoError(t, order.Confirm(hold, charge, noon))
	require.Nil(t, order.Stuck(), "a settled order is not stuck")
	requireRefusal(t, order.MarkStuck(stuck, noon), refusals.OrderSettled)
}

func TestAnOrderThatIsStuckBeforeItWasPlacedCanBePlaced(t *testing.T) {
	order := domain.Fold("1", nil)
	require.NoError(t, order.MarkStuck(domain.SagaStuck{Saga: "place-order", Step: "record-placed", Attempts: 5}, noon))
	require.False(t, order.Placed())
	require.NoError(t, order.Place(placement(), noon))
	require.Equal(t, domain.StatusPlaced, order.Status())
}

func TestPlaceChecksWhatItIsTold(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*domain.Placement)
		want   error
	}{
		"no lines":         {func(p *domain.Placement) { p.Lines = nil }, domain.ErrLines},
		"too many lines":   {func(p *domain.Placement) { p.Lines = make([]domain.Line, domain.MaxLines+1) }, domain.ErrLines},
		"quantity of zero": {func(p *domain.Placement) { p.Lines[0].Quantity = 0 }, domain.ErrLine},
		"quantity too big": {func(p *domain.Placement) { p.Lines[0].Quantity = domain.MaxQuantity + 1 }, domain.ErrLine},
		"negative price":   {func(p *domain.Placement) { p.Lines[0].UnitPrice = -1 }, domain.ErrLine},
		"no SKU":           {func(p *domain.Placement) { p.Lines[0].SKU = "" }, domain.ErrLine},
		"wrong total":      {func(p *domain.Placement) { p.Total.Amount++ }, domain.ErrTotal},
		"negative total":   {func(p *domain.Placement) { p.Adjustments[0] = domain.Adjustment{Kind: "discount", Amount: -1601} }, domain.ErrTotal},
		"sum too large":    {func(p *domain.Placement) { p.Adjustments[0].Amount = math.MaxInt64 }, domain.ErrAmountTooLarge},
		"line too large":   {func(p *domain.Placement) { p.Lines[0].UnitPrice = math.MaxInt64 / 3 }, domain.ErrAmountTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			p := placement()
			test.change(&p)
			order := domain.Fold("1", nil)
			require.ErrorIs(t, order.Place(p, noon), test.want)
			require.Empty(t, order.Changes())
		})
	}
}

// Whatever sagas say, in whatever order and however often, the invariants hold
// and the events alone tell the same story.
func TestAnyStoryKeepsTheInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := domain.Fold("1", nil)
		settledAs := domain.StatusNone
		for range rapid.IntRange(0, 12).Draw(t, "verbs") {
			say(t, order)
			if order.Status().Settled() {
				if settledAs == domain.StatusNone {
					settledAs = order.Status()
				}
				require.Equal(t, settledAs, order.Status(), "a settled order stays what it is")
			}
			checkInvariants(t, order)
		}
		require.Equal(t, view(order), view(domain.Fold("1", reread(t, order.Changes()))), "the fold of the events as they are kept")
	})
}

func say(t *rapid.T, order *domain.Order) {
	done := domain.Done{}
	if rapid.Bool().Draw(t, "stock was reserved") {
		done.Stock = &hold
		if rapid.Bool().Draw(t, "payment was authorized") {
			done.Payment = &charge
		}
	}
	p := placement()
	p.RequestHash = rapid.SampledFrom([]string{"aa", "bb"}).Draw(t, "hash")
	verb := rapid.SampledFrom([]string{"place", "place", "confirm", "compensate", "reject", "cancel", "stuck"}).Draw(t, "verb")
	before := len(order.Changes())
	var err error
	switch verb {
	case "place":
		err = order.Place(p, noon)
	case "confirm":
		err = order.Confirm(hold, charge, noon)
	case "compensate":
		err = order.StartCompensation(short, noon)
	case "reject":
		err = order.Reject(short, done, noon)
	case "cancel":
		err = order.Cancel(refusals.Cancelled, done, noon)
	case "stuck":
		attempts := rapid.IntRange(1, 9).Draw(t, "attempts")
		err = order.MarkStuck(domain.SagaStuck{Saga: "place-order", Step: "reserve-stock", Attempts: attempts}, noon)
	}
	if err != nil {
		require.Len(t, order.Changes(), before, "who refuses records nothing")
	}
}

func checkInvariants(t *rapid.T, order *domain.Order) {
	switch order.Status() {
	case domain.StatusConfirmed:
		require.Equal(t, domain.PaymentStatusAuthorized, order.Payment())
		require.NotNil(t, order.Hold())
		require.True(t, order.Placed())
		for _, change := range order.Changes() {
			require.NotEqual(t, domain.TypeCompensationStarted, change.Fact.Type(), "who turned back is not confirmed")
		}
	case domain.StatusRejected, domain.StatusCancelled:
		require.NotEqual(t, domain.PaymentStatusAuthorized, order.Payment(), "nothing stays charged")
		require.NotNil(t, order.Refused())
	}
	require.Equal(t, order.Status().Settled(), !order.SettledAt().IsZero())
	if order.Placed() {
		total, err := domain.Total(order.Lines(), order.Adjustments(), order.Total().Currency)
		require.NoError(t, err)
		require.Equal(t, total, order.Total())
	}
}

// reread is what comes back of events that were kept as JSON.
func reread(t *rapid.T, changes []domain.Event) []domain.Event {
	var kept []domain.Event
	for _, change := range changes {
		data, err := json.Marshal(change.Fact)
		require.NoError(t, err)
		fact, err := domain.Decode(change.Fact.Type(), data)
		require.NoError(t, err)
		kept = append(kept, domain.Event{OccurredAt: change.OccurredAt, Fact: fact})
	}
	return kept
}

// view is everything an order says.
func view(o *domain.Order) []any {
	return []any{
		o.ID(), o.Status(), o.Payment(), o.Fulfilment(), o.CustomerID(), o.RequestHash(), o.Lines(), o.Adjustments(),
		o.Total(), o.PlacedAt(), o.SettledAt(), o.Hold(), o.Charge(), o.Refused(), o.Stuck(),
	}
}

func TestDecodeRefusesWhatItDoesNotKnow(t *testing.T) {
	_, err := domain.Decode("OrderPlaced.v9", []byte(`{}`))
	require.ErrorContains(t, err, "OrderPlaced.v9")
	_, err = domain.Decode(domain.TypeOrderPlaced, []byte(`{"lines":7}`))
	require.ErrorContains(t, err, domain.TypeOrderPlaced)
}

func TestMoneyNeverWrapsAround(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		sum, err := domain.Money{Amount: a, Currency: "GBP"}.Plus(domain.Money{Amount: b, Currency: "GBP"})
		fits := (b >= 0 && a <= math.MaxInt64-b) || (b < 0 && a >= math.MinInt64-b)
		if fits {
			require.NoError(t, err)
			require.Equal(t, a+b, sum.Amount)
		} else {
			require.ErrorIs(t, err, domain.ErrAmountTooLarge)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, q := rapid.Int64Min(0).Draw(t, "amount"), rapid.Int64Min(0).Draw(t, "quantity")
		product, err := domain.Money{Amount: a, Currency: "GBP"}.Times(q)
		if a == 0 || q <= math.MaxInt64/a {
			require.NoError(t, err)
			require.Equal(t, a*q, product.Amount)
		} else {
			require.ErrorIs(t, err, domain.ErrAmountTooLarge)
		}
	})
	_, err := domain.Money{Amount: 1, Currency: "GBP"}.Plus(domain.Money{Amount: 1, Currency: "EUR"})
	require.ErrorIs(t, err, domain.ErrCurrencies)
	_, err = domain.Money{Amount: -1, Currency: "GBP"}.Times(2)
	require.Error(t, err)
}
