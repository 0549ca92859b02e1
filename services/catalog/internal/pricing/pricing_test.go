package pricing_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/pricing"
)

func basket(t require.TestingT, amount int64, currency string) domain.Basket {
	price, err := domain.NewMoney(amount, currency)
	require.NoError(t, err)
	priced, err := domain.Price([]domain.Wanted{{SKU: "A", Quantity: 1}}, currency,
		map[string]domain.Offer{"A": {SKU: "A", Price: price, Active: true}})
	require.NoError(t, err)
	return priced
}

func TestNothingIsChargedByDefault(t *testing.T) {
	adjustments, err := pricing.Rates{}.Adjustments(t.Context(), basket(t, 1250, "GBP"))
	require.NoError(t, err)
	assert.Empty(t, adjustments)
}

func TestShippingComesFirstAndIsTaxed(t *testing.T) {
	rates := pricing.Rates{Shipping: map[string]int64{"GBP": 395}, TaxBasisPoints: 2000}
	adjustments, err := rates.Adjustments(t.Context(), basket(t, 1250, "GBP"))
	require.NoError(t, err)
	assert.Equal(t, []domain.Adjustment{{Kind: "shipping", Amount: 395}, {Kind: "tax", Amount: 329}}, adjustments)
}

func TestACurrencyWithoutARateShipsFree(t *testing.T) {
	rates := pricing.Rates{Shipping: map[string]int64{"GBP": 395}}
	adjustments, err := rates.Adjustments(t.Context(), basket(t, 1250, "JPY"))
	require.NoError(t, err)
	assert.Empty(t, adjustments)
}

func TestTaxIsRoundedHalfUp(t *testing.T) {
	for goods, tax := range map[int64]int64{0: 0, 2: 0, 3: 1, 7: 1, 8: 2, 10: 2, 13: 3} { // 20 % of 2.5 is 0.5
		adjustments, err := pricing.Rates{TaxBasisPoints: 2000}.Adjustments(t.Context(), basket(t, goods, "GBP"))
		require.NoError(t, err)
		if tax == 0 {
			assert.Empty(t, adjustments, "of %d", goods)
			continue
		}
		assert.Equal(t, []domain.Adjustment{{Kind: "tax", Amount: tax}}, adjustments, "of %d", goods)
	}
	adjustments, err := pricing.Rates{TaxBasisPoints: 1000}.Adjustments(t.Context(), basket(t, 25, "GBP"))
	require.NoError(t, err)
	assert.EqualValues(t, 3, adjustments[0].Amount, "10 %% of 25 is 2.5, rounded up and not to the even 2")
}

// The largest amounts at the highest rates wrap nowhere: compared with arithmetic that has no
// bounds.
func TestTaxIsExactForEveryAmount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		goods := rapid.Int64Range(0, domain.MaxAmount).Draw(t, "goods")
		shipping := rapid.Int64Range(0, domain.MaxAmount).Draw(t, "shipping")
		rate := rapid.Int64Range(0, 10_000).Draw(t, "rate")
		rates := pricing.Rates{Shipping: map[string]int64{"GBP": shipping}, TaxBasisPoints: rate}
		adjustments, err := rates.Adjustments(t.Context(), basket(t, goods, "GBP"))
		if err != nil {
			t.Fatal(err)
		}
		exact := new(big.Int).Add(big.NewInt(goods), big.NewInt(shipping))
		exact.Mul(exact, big.NewInt(rate)).Add(exact, big.NewInt(5000)).Quo(exact, big.NewInt(10_000))
		var tax int64
		for _, a := range adjustments {
			if a.Kind == pricing.Tax {
				tax = a.Amount
			}
			if a.Amount == 0 {
				t.Fatalf("a zero adjustment: %v", adjustments)
			}
		}
		if exact.Cmp(big.NewInt(tax)) != 0 {
			t.Fatalf("tax on %d + %d at %d is %d, not %s", goods, shipping, rate, tax, exact)
		}
	})
}

func TestRatesOutOfBoundsAreRefused(t *testing.T) {
	assert.NoError(t, pricing.Rates{Shipping: map[string]int64{"GBP": 395}, TaxBasisPoints: 10_000}.Validate())
	assert.ErrorContains(t, pricing.Rates{Shipping: map[string]int64{"POUND": 395}}.Validate(), "POUND:395")
	assert.ErrorContains(t, pricing.Rates{Shipping: map[string]int64{"GBP": -1}}.Validate(), "GBP:-1")
	assert.Error(t, pricing.Rates{TaxBasisPoints: 10_001}.Validate())
	assert.Error(t, pricing.Rates{TaxBasisPoints: -1}.Validate())
}
