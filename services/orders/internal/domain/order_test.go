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

var placing = domain.Placing("1")

func placement() domain.Placement {
	return domain.Placement{
		CustomerID:  "ann",
		RequestHash: "aa",
		Lines: []domain.Line{
			{Number: 1, SKU: "TEA", Name: "Tea", UnitPrice: 250, Quantity: 4}, {Number: 2, SKU: "CUP", Name: "Cup", UnitPrice: 600, Quantity: 1},
		},
		Adjustments: []domain.Adjustment{{Kind: "shipping", Amount: 390}},
		Total:       domain.Money{Amount: 1990, Currency: "GBP"},
	}
}

func placed(t *testing.T) *domain.Order {
	t.Helper()
	order := domain.Fold("1", nil)
	direction, err := order.Place(placement(), noon)
	require.NoError(t, err)
	require.True(t, direction.Forward())
	return order
}

func confirmed(t *testing.T) *domain.Order {
	t.Helper()
	order := placed(t)
	_, err := order.Confirm(done(), noon.Add(3*time.Second))
	require.NoError(t, err)
	return order
}

func requireMismatch(t *testing.T, order *domain.Order, p domain.Placement) {
	t.Helper()
	_, err := order.Place(p, noon)
	refused, ok := refusal.As(err)
	require.True(t, ok, "a refusal, not %v", err)
	require.Equal(t, refusals.RequestMismatch, refused.Reason)
}

var (
	reserved   = domain.Done{At: noon.Add(time.Second), Fact: domain.StockReserved{ExpiresAt: noon.Add(time.Hour)}}
	authorized = domain.Done{At: noon.Add(2 * time.Second), Fact: domain.PaymentAuthorized{
		PaymentID: "p1", ProviderReference: "ch_1", Amount: domain.Money{Amount: 1990, Currency: "GBP"},
	}}
	voided   = domain.Done{At: noon.Add(3 * time.Second), Fact: domain.PaymentVoided{PaymentID: "p1"}}
	released = domain.Done{At: noon.Add(4 * time.Second), Fact: domain.StockReleased{}}
	short    = domain.Refused{Reason: refusals.OutOfStock, Message: "too few", Details: json.RawMessage(`{"shortages":[]}`)}
)

func done() []domain.Done { return []domain.Done{reserved, authorized} }

func stuckIn(step string, attempts int) []domain.StuckStep {
	return []domain.StuckStep{{Step: step, Attempts: attempts, LastError: "no answer"}}
}

func types(order *domain.Order) (types []string) {
	for _, change := range order.Changes() {
		types = append(types, domain.TypeOf(change.Fact))
	}
	return types
}

func TestPlaceOpensTheOrderAndItsSagaAtOnce(t *testing.T) {
	order := placed(t)
	require.Equal(t, []string{"OrderPlaced.v1", "SagaBegan.v1"}, types(order))
	require.Equal(t, placing, order.Saga().Saga)
	require.Equal(t, noon, order.Saga().BeganAt)
}

func TestConfirmRecordsTheWholeStoryAtOnce(t *testing.T) {
	order := confirmed(t)
	require.Equal(t, []string{
		"OrderPlaced.v1", "SagaBegan.v1",
		"StockReserved.v1", "PaymentAuthorized.v1", "OrderConfirmed.v1", "SagaEnded.v1",
	}, types(order))
	var times []time.Time
	for _, change := range order.Changes()[2:] {
		times = append(times, change.OccurredAt)
	}
	require.Equal(t, []time.Time{noon.Add(time.Second), noon.Add(2 * time.Second), noon.Add(3 * time.Second), noon.Add(3 * time.Second)}, times)
	require.Equal(t, domain.StatusConfirmed, order.Status())
	require.Equal(t, domain.PaymentStatusAuthorized, order.Payment())
	require.Equal(t, noon.Add(3*time.Second), order.SettledAt())
	require.Nil(t, order.Saga())
}

func TestConfirmNeedsTheStockAndExactlyTheTotal(t *testing.T) {
	less := domain.Done{At: noon, Fact: domain.PaymentAuthorized{PaymentID: "p1", Amount: domain.Money{Amount: 1989, Currency: "GBP"}}}
	euros := domain.Done{At: noon, Fact: domain.PaymentAuthorized{PaymentID: "p1", Amount: domain.Money{Amount: 1990, Currency: "EUR"}}}
	for name, facts := range map[string][]domain.Done{
		"nothing": nil, "no payment": {reserved}, "no stock": {authorized}, "less": {reserved, less}, "another currency": {reserved, euros},
		"voided": {reserved, authorized, voided}, "released": {reserved, authorized, released},
	} {
		t.Run(name, func(t *testing.T) {
			order := placed(t)
			_, err := order.Confirm(facts, noon)
			require.ErrorIs(t, err, domain.ErrFacts)
			require.Len(t, order.Changes(), 2)
		})
	}
}

func TestRejectTellsWhatWasDoneAndUndone(t *testing.T) {
	order := placed(t)
	// The undos tell again what the steps have told.
	order.Reject(short, []domain.Done{reserved, authorized, authorized, voided, reserved, released}, noon)
	require.Equal(t, []string{
		"OrderPlaced.v1", "SagaBegan.v1", "StockReserved.v1", "PaymentAuthorized.v1",
		"PaymentVoided.v1", "StockReleased.v1", "OrderRejected.v1", "SagaEnded.v1",
	}, types(order))
	require.Equal(t, domain.StatusRejected, order.Status())
	require.Equal(t, domain.PaymentStatusVoided, order.Payment())
	require.Equal(t, voided.At, order.Charge().VoidedAt)
	require.Equal(t, released.At, order.Hold().ReleasedAt)
	require.Equal(t, &short, order.Refused())
}

func TestRejectWithoutPaymentLeavesNoPayment(t *testing.T) {
	order := placed(t)
	order.Reject(short, []domain.Done{reserved, released}, noon)
	require.Equal(t, domain.PaymentStatusNone, order.Payment())
}

func TestPlaceAgainWithTheSameRequestChangesNothing(t *testing.T) {
	order := placed(t)
	direction, err := order.Place(placement(), noon.Add(time.Minute))
	require.NoError(t, err)
	require.True(t, direction.Forward())
	require.Len(t, order.Changes(), 2)
}

func TestPlaceAgainWithAnotherRequestIsRefused(t *testing.T) {
	other := placement()
	other.RequestHash = "bb"
	requireMismatch(t, placed(t), other)
	requireMismatch(t, confirmed(t), other)
}

func settlings() map[string]func(*domain.Order) (domain.Direction, error) {
	return map[string]func(*domain.Order) (domain.Direction, error){
		"confirmed": func(o *domain.Order) (domain.Direction, error) { return o.Confirm(done(), noon) },
		"rejected":  func(o *domain.Order) (domain.Direction, error) { return o.Reject(short, nil, noon), nil },
		"cancelled": func(o *domain.Order) (domain.Direction, error) {
			return o.Cancel(domain.Refused{Reason: refusals.Cancelled}, nil, noon), nil
		},
	}
}

func TestASettledOrderIsSettledOnceAndAnswersHow(t *testing.T) {
	for first, settle := range settlings() {
		again := settlings()
		again["placed"] = func(o *domain.Order) (domain.Direction, error) { return o.Place(placement(), noon) }
		for second, say := range again {
			t.Run(first+" then "+second, func(t *testing.T) {
				order := placed(t)
				outcome, err := settle(order)
				require.NoError(t, err)
				recorded := len(order.Changes())
				direction, err := say(order)
				require.NoError(t, err)
				require.Equal(t, outcome, direction, "its own outcome, whatever it is told")
				require.Equal(t, domain.Status(first), order.Status())
				require.Len(t, order.Changes(), recorded)
			})
		}
	}
}

func TestRejectBeforePlaceKeepsALatePlaceOut(t *testing.T) {
	order := domain.Fold("1", nil)
	order.Reject(late, nil, noon)
	direction, err := order.Place(placement(), noon)
	require.NoError(t, err)
	require.Equal(t, domain.StatusRejected, direction.Ended.Status)
	require.False(t, order.Placed())
}

func TestStuckIsRecordedOnceForANumberOfAttempts(t *testing.T) {
	order := placed(t)
	order.MarkStuck(placing, stuckIn("AuthorizePayment", 5), "", noon)
	order.MarkStuck(placing, stuckIn("AuthorizePayment", 5), "", noon.Add(time.Second))
	order.MarkStuck(placing, stuckIn("AuthorizePayment", 4), "", noon.Add(time.Second)) // comes late
	require.Len(t, order.Changes(), 3)
	order.MarkStuck(placing, stuckIn("AuthorizePayment", 6), "", noon.Add(time.Minute))
	require.Len(t, order.Changes(), 4)
	require.Equal(t, 6, order.Stuck().Steps[0].Attempts)
}

func TestStuckIsASetOfStepsAndEndsWhenTheSagaGoesOn(t *testing.T) {
	order := placed(t)
	order.MarkStuck(placing, stuckIn("AuthorizePayment", 5), "", noon)
	order.TurnBack(placing, late, noon)
	require.Nil(t, order.Stuck(), "it goes on, backwards")

	both := append(stuckIn("VoidPayment", 5), stuckIn("ReleaseStock", 5)...)
	order.MarkStuck(placing, both, "", noon)
	require.Equal(t, both, order.Stuck().Steps)
	order.MarkStuck(placing, stuckIn("ReleaseStock", 5), "", noon)
	require.Equal(t, stuckIn("ReleaseStock", 5), order.Stuck().Steps, "one of two branches goes on")

	order.Reject(late, nil, noon)
	require.Nil(t, order.Stuck(), "the saga has ended")
	before := len(order.Changes())
	order.MarkStuck(placing, both, "", noon)
	require.Len(t, order.Changes(), before, "it comes late")
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
		"tax of few lines": {func(p *domain.Placement) {
			p.Adjustments[0] = domain.Adjustment{Kind: "tax", Amount: 390, OfLines: []int64{390}}
		}, domain.ErrTotal},
		"tax in parts that are less": {func(p *domain.Placement) {
			p.Adjustments[0] = domain.Adjustment{Kind: "tax", Amount: 390, OfLines: []int64{300, 80}, OfShipping: 9}
		}, domain.ErrTotal},
		"shipping in parts": {func(p *domain.Placement) { p.Adjustments[0].OfLines = []int64{300, 90} }, domain.ErrTotal},
		"sum too large":     {func(p *domain.Placement) { p.Adjustments[0].Amount = math.MaxInt64 }, domain.ErrAmountTooLarge},
		"line too large":    {func(p *domain.Placement) { p.Lines[0].UnitPrice = math.MaxInt64 / 3 }, domain.ErrAmountTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			p := placement()
			test.change(&p)
			order := domain.Fold("1", nil)
			_, err := order.Place(p, noon)
			require.ErrorIs(t, err, test.want)
			require.Empty(t, order.Changes())
		})
	}
}

// Whatever sagas say, in whatever order and however often, the invariants hold and the events alone
// tell the same story.
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
	var undone []domain.Done
	if rapid.Bool().Draw(t, "stock was reserved") {
		undone = append(undone, reserved, released)
		if rapid.Bool().Draw(t, "payment was authorized") {
			undone = append(undone, authorized, voided)
		}
	}
	p := placement()
	p.RequestHash = rapid.SampledFrom([]string{"aa", "bb"}).Draw(t, "hash")
	verb := rapid.SampledFrom([]string{"place", "place", "confirm", "turn back", "resume", "reject", "cancel", "stuck"}).Draw(t, "verb")
	before := len(order.Changes())
	var direction domain.Direction
	var err error
	switch verb {
	case "place":
		direction, err = order.Place(p, noon)
	case "confirm":
		direction, err = order.Confirm(done(), noon)
	case "turn back":
		direction = order.TurnBack(placing, short, noon)
		require.False(t, direction.Forward())
	case "resume":
		direction = order.Resume(placing, noon)
		require.False(t, direction.Forward())
	case "reject":
		direction = order.Reject(short, undone, noon)
		require.NotNil(t, direction.Ended)
	case "cancel":
		direction = order.Cancel(domain.Refused{Reason: refusals.Cancelled}, undone, noon)
		require.NotNil(t, direction.Ended)
	case "stuck":
		order.MarkStuck(placing, stuckIn("ReserveStock", rapid.IntRange(1, 9).Draw(t, "attempts")), "", noon)
	}
	if err != nil {
		require.Len(t, order.Changes(), before, "who refuses records nothing")
	}
	if direction.Ended != nil {
		require.Equal(t, order.Status(), direction.Ended.Status)
		require.Equal(t, order.Status() == domain.StatusConfirmed, direction.Ended.Refused == nil)
	}
}

func checkInvariants(t *rapid.T, order *domain.Order) {
	switch order.Status() {
	case domain.StatusConfirmed:
		require.Equal(t, domain.PaymentStatusAuthorized, order.Payment())
		require.NotNil(t, order.Hold())
		require.True(t, order.Placed())
		for _, change := range order.Changes() {
			require.NotEqual(t, "CompensationStarted.v1", domain.TypeOf(change.Fact), "who turned back is not confirmed")
		}
	case domain.StatusRejected, domain.StatusCancelled:
		require.NotEqual(t, domain.PaymentStatusAuthorized, order.Payment(), "nothing stays charged")
		require.NotNil(t, order.Refused())
	}
	require.Equal(t, order.Status().Settled(), !order.SettledAt().IsZero())
	require.Equal(t, order.Status() == domain.StatusPlaced, order.Saga() != nil, "a saga is open exactly until the order is settled")
	require.Equal(t, order.Status() != domain.StatusConfirmed && !order.Direction(placing).Forward(), order.CheckUndo(placing, false) == nil)
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
		fact, err := domain.Decode(domain.TypeOf(change.Fact), data)
		require.NoError(t, err)
		kept = append(kept, domain.Event{OccurredAt: change.OccurredAt, Fact: fact})
	}
	return kept
}

// view is everything an order says.
func view(o *domain.Order) []any {
	return []any{
		o.ID(), o.Status(), o.Payment(), o.Fulfilment(), o.CustomerID(), o.RequestHash(), o.Lines(), o.Adjustments(),
		o.Total(), o.PlacedAt(), o.SettledAt(), o.Hold(), o.Charge(), o.Refused(), o.Saga(), o.Direction(placing),
	}
}

func TestDecodeRefusesWhatItDoesNotKnow(t *testing.T) {
	_, err := domain.Decode("OrderPlaced.v9", []byte(`{}`))
	require.ErrorContains(t, err, "OrderPlaced.v9")
	_, err = domain.Decode("OrderPlaced.v1", []byte(`{"lines":7}`))
	require.ErrorContains(t, err, "OrderPlaced.v1")
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
