package domain_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

func pounds(t require.TestingT, amount int64) domain.Money {
	money, err := domain.NewMoney(amount, "GBP")
	require.NoError(t, err)
	return money
}

func offers(t require.TestingT, prices map[string]int64) map[string]domain.Offer {
	offered := make(map[string]domain.Offer)
	for sku, price := range prices {
		offered[sku] = domain.Offer{SKU: sku, Name: "the " + sku, Price: pounds(t, price), Active: true}
	}
	return offered
}

func refused(t *testing.T, err error, reason string, details any) {
	t.Helper()
	r, ok := refusal.As(err)
	require.True(t, ok, "want the refusal %s, got %v", reason, err)
	require.Equal(t, reason, r.Reason)
	if details != nil {
		require.NoError(t, json.Unmarshal(r.Details, details))
	}
}

func TestLinesKeepTheirOrderAndASKUMayRepeat(t *testing.T) {
	basket, err := domain.Price([]domain.Wanted{{"B", 2}, {"A", 1}, {"B", 3}}, "GBP", offers(t, map[string]int64{"A": 100, "B": 25}))
	require.NoError(t, err)
	assert.Equal(t, []domain.Line{
		{SKU: "B", Name: "the B", UnitPrice: 25, Quantity: 2},
		{SKU: "A", Name: "the A", UnitPrice: 100, Quantity: 1},
		{SKU: "B", Name: "the B", UnitPrice: 25, Quantity: 3},
	}, basket.Lines())
	assert.EqualValues(t, 225, basket.Goods())
	assert.Equal(t, "GBP", basket.Currency())
}

func TestEveryUnknownOrInactiveSKUIsNamedOnce(t *testing.T) {
	known := offers(t, map[string]int64{"A": 100, "OLD": 100})
	old := known["OLD"]
	old.Active = false
	known["OLD"] = old
	_, err := domain.Price([]domain.Wanted{{"X", 1}, {"A", 1}, {"OLD", 1}, {"X", 2}}, "GBP", known)
	var details refusals.UnknownProductDetails
	refused(t, err, refusals.UnknownProduct, &details)
	assert.Equal(t, []string{"X", "OLD"}, details.SKUs)
}

func TestEverySKUOfAnotherCurrencyIsNamed(t *testing.T) {
	_, err := domain.Price([]domain.Wanted{{"B", 1}, {"A", 1}}, "EUR", offers(t, map[string]int64{"A": 100, "B": 25}))
	var details refusals.CurrencyMismatchDetails
	refused(t, err, refusals.CurrencyMismatch, &details)
	assert.Equal(t, refusals.CurrencyMismatchDetails{Currency: "EUR", SKUs: []string{"B", "A"}}, details)
}

// A refusal crosses gRPC in the trailers, which have little room.
func TestARefusalOfManyLinesStaysShort(t *testing.T) {
	var wanted []domain.Wanted
	offered := map[string]int64{}
	for i := range 1000 {
		sku := fmt.Sprintf("NONE-%d", i)
		wanted = append(wanted, domain.Wanted{SKU: sku, Quantity: 1})
		offered[sku] = 1
	}
	_, err := domain.Price(wanted, "GBP", nil)
	r, ok := refusal.As(err)
	require.True(t, ok)
	assert.Equal(t, "Not for sale: NONE-0, NONE-1, NONE-2, NONE-3, NONE-4 and 995 more", r.Message)
	var unknown refusals.UnknownProductDetails
	refused(t, err, refusals.UnknownProduct, &unknown)
	assert.Len(t, unknown.SKUs, 25)
	assert.Equal(t, 975, unknown.More)

	_, err = domain.Price(wanted, "EUR", offers(t, offered))
	var foreign refusals.CurrencyMismatchDetails
	refused(t, err, refusals.CurrencyMismatch, &foreign)
	assert.Len(t, foreign.SKUs, 25)
	assert.Equal(t, 975, foreign.More)
}

// The sums are exact or refused, whatever the amounts: compared with arithmetic that has no bounds.
func TestTotalsAreExactOrRefused(t *testing.T) {
	amounts := rapid.OneOf(rapid.Int64Range(0, 10_000), rapid.Int64Range(0, domain.MaxAmount), rapid.Just(domain.MaxAmount))
	rapid.Check(t, func(t *rapid.T) {
		prices := rapid.SliceOfN(amounts, 1, 20).Draw(t, "prices")
		adjustments := rapid.SliceOfN(rapid.Int64Range(0, domain.MaxAmount/4), 0, 3).Draw(t, "adjustments")
		offered, wanted, exact := map[string]int64{}, []domain.Wanted{}, new(big.Int)
		for i, price := range prices {
			sku := fmt.Sprintf("SKU-%d", i)
			quantity := rapid.Int64Range(1, 100_000).Draw(t, "quantity")
			offered[sku], wanted = price, append(wanted, domain.Wanted{SKU: sku, Quantity: quantity})
			exact.Add(exact, new(big.Int).Mul(big.NewInt(price), big.NewInt(quantity)))
		}
		var more []domain.Adjustment
		for _, amount := range adjustments {
			more = append(more, domain.Adjustment{Kind: "shipping", Amount: amount})
			exact.Add(exact, big.NewInt(amount))
		}
		basket, err := domain.Price(wanted, "GBP", offers(t, offered))
		var total domain.Money
		if err == nil {
			total, err = basket.Total(more)
		}
		if exact.Cmp(big.NewInt(domain.MaxAmount)) > 0 {
			if r, ok := refusal.As(err); !ok || r.Reason != refusals.TotalTooLarge {
				t.Fatalf("a total of %s was answered with %v, %v", exact, total, err)
			}
			return
		}
		if err != nil || total.Amount() != exact.Int64() || total.Currency() != "GBP" {
			t.Fatalf("a total of %s was answered with %v, %v", exact, total, err)
		}
	})
}

func TestPartsOfATaxAddUpToIt(t *testing.T) {
	basket, err := domain.Price([]domain.Wanted{{"A", 1}, {"A", 1}}, "GBP", offers(t, map[string]int64{"A": 100}))
	require.NoError(t, err)
	_, err = basket.Total([]domain.Adjustment{{Kind: "tax", Amount: 50, OfLines: []int64{30, 0}, OfShipping: 20}})
	require.NoError(t, err)
	for name, wrong := range map[string]domain.Adjustment{
		"less":       {Kind: "tax", Amount: 50, OfLines: []int64{30, 0}, OfShipping: 19},
		"more":       {Kind: "tax", Amount: 50, OfLines: []int64{30, 1}, OfShipping: 20},
		"negative":   {Kind: "tax", Amount: 50, OfLines: []int64{31, -1}, OfShipping: 20},
		"few lines":  {Kind: "tax", Amount: 50, OfLines: []int64{30}, OfShipping: 20},
		"no lines":   {Kind: "tax", Amount: 50, OfShipping: 50},
		"no tax":     {Kind: "shipping", Amount: 50, OfLines: []int64{30, 20}},
		"a discount": {Kind: "tax", Amount: -50, OfLines: []int64{-30, -20}},
	} {
		_, err := basket.Total([]domain.Adjustment{wrong})
		assert.ErrorContains(t, err, "parts", name)
	}
}

func TestDiscountsCannotBringATotalBelowZero(t *testing.T) {
	basket, err := domain.Price([]domain.Wanted{{"A", 1}}, "GBP", offers(t, map[string]int64{"A": 100}))
	require.NoError(t, err)
	total, err := basket.Total([]domain.Adjustment{{Kind: "discount", Amount: -100}})
	require.NoError(t, err)
	assert.Zero(t, total.Amount())
	_, err = basket.Total([]domain.Adjustment{{Kind: "discount", Amount: -101}})
	require.Error(t, err)
	_, isRefusal := refusal.As(err)
	assert.False(t, isRefusal, "a mistake of the shop is not the customer's fault")
}
