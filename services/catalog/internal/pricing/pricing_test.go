package pricing_test

import (
	"fmt"
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

// line of a basket: a product at a price in categories with these paths.
type line struct {
	price, quantity int64
	paths           []string
}

func basketOf(t require.TestingT, lines ...line) domain.Basket {
	var wanted []domain.Wanted
	offers := map[string]domain.Offer{}
	for i, line := range lines {
		sku := fmt.Sprint("SKU-", i)
		price, err := domain.NewMoney(line.price, "GBP")
		require.NoError(t, err)
		wanted = append(wanted, domain.Wanted{SKU: sku, Quantity: line.quantity})
		offers[sku] = domain.Offer{SKU: sku, Price: price, Active: true, Categories: line.paths}
	}
	priced, err := domain.Price(wanted, "GBP", offers)
	require.NoError(t, err)
	return priced
}

func TestACategoryHasARateOfItsOwn(t *testing.T) {
	rates := pricing.Rates{Shipping: map[string]int64{"GBP": 395}, TaxBasisPoints: 2000, TaxByCategory: map[string]int64{"books": 0, "comics": 1000, "food": 500}}
	goods := basketOf(t,
		line{100, 3, nil},
		line{1000, 1, []string{"shop/books"}},
		line{103, 1, []string{"shop/books/comics/manga"}},
		line{250, 2, []string{"shop/gifts", "food"}},
		line{90, 1, []string{"shop/books", "food/sweets"}},
	)
	adjustments, err := rates.Adjustments(t.Context(), goods)
	require.NoError(t, err)
	// 20 % of 300, 0 % of 1000, 10 % of 103, 5 % of 500 and of 90: 99.8 of 1993, so 19.78 of 395.
	tax := domain.Adjustment{Kind: "tax", Amount: 60 + 10 + 25 + 5 + 20, OfLines: []int64{60, 0, 10, 25, 5}, OfShipping: 20}
	assert.Equal(t, []domain.Adjustment{{Kind: "shipping", Amount: 395}, tax}, adjustments)
	_, err = goods.Total(adjustments)
	assert.NoError(t, err)
}

func TestShippingOfWhatIsGivenAwayHasTheOrdinaryRate(t *testing.T) {
	rates := pricing.Rates{Shipping: map[string]int64{"GBP": 395}, TaxBasisPoints: 2000, TaxByCategory: map[string]int64{"books": 0}}
	adjustments, err := rates.Adjustments(t.Context(), basketOf(t, line{0, 1, []string{"books"}}))
	require.NoError(t, err)
	assert.Equal(t, domain.Adjustment{Kind: "tax", Amount: 79, OfLines: []int64{0}, OfShipping: 79}, adjustments[1])
}

// When every category has the ordinary rate, each line is taxed as an order of it alone, and so is
// shipping; and the parts are what a total takes.
func TestTaxByLineIsExactForEveryAmount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Int64Range(0, 10_000).Draw(t, "rate")
		shipping := rapid.Int64Range(0, domain.MaxAmount/4).Draw(t, "shipping")
		var lines []line
		for range rapid.IntRange(1, 5).Draw(t, "lines") {
			lines = append(lines, line{rapid.Int64Range(0, domain.MaxAmount/100).Draw(t, "price"), rapid.Int64Range(1, 3).Draw(t, "quantity"), []string{"a"}})
		}
		goods := basketOf(t, lines...)
		adjustments, err := pricing.Rates{Shipping: map[string]int64{"GBP": shipping}, TaxBasisPoints: 1, TaxByCategory: map[string]int64{"a": rate}}.
			Adjustments(t.Context(), goods)
		require.NoError(t, err)
		alone := func(amount int64) int64 {
			taxed, err := pricing.Rates{TaxBasisPoints: rate}.Adjustments(t.Context(), basketOf(t, line{amount, 1, nil}))
			require.NoError(t, err)
			if len(taxed) == 0 {
				return 0
			}
			return taxed[0].Amount
		}
		want := domain.Adjustment{Kind: "tax", OfShipping: alone(shipping)}
		if goods.Goods() == 0 {
			want.OfShipping = (shipping + 5_000) / 10_000
		}
		want.Amount = want.OfShipping
		for _, line := range goods.Lines() {
			want.OfLines = append(want.OfLines, alone(line.Amount()))
			want.Amount += want.OfLines[len(want.OfLines)-1]
		}
		if want.Amount == 0 {
			for _, a := range adjustments {
				require.Equal(t, "shipping", a.Kind)
			}
			return
		}
		require.Equal(t, want, adjustments[len(adjustments)-1])
		_, err = goods.Total(adjustments)
		require.NoError(t, err)
	})
}

func TestRatesOutOfBoundsAreRefused(t *testing.T) {
	assert.NoError(t, pricing.Rates{Shipping: map[string]int64{"GBP": 395}, TaxBasisPoints: 10_000}.Validate())
	assert.ErrorContains(t, pricing.Rates{Shipping: map[string]int64{"POUND": 395}}.Validate(), "POUND:395")
	assert.ErrorContains(t, pricing.Rates{Shipping: map[string]int64{"GBP": -1}}.Validate(), "GBP:-1")
	assert.Error(t, pricing.Rates{TaxBasisPoints: 10_001}.Validate())
	assert.Error(t, pricing.Rates{TaxBasisPoints: -1}.Validate())
	assert.ErrorContains(t, pricing.Rates{TaxByCategory: map[string]int64{"Books": 1}}.Validate(), "Books")
	assert.ErrorContains(t, pricing.Rates{TaxByCategory: map[string]int64{"books": -1}}.Validate(), "books")
	assert.ErrorContains(t, pricing.Rates{TaxByCategory: map[string]int64{"books": 10_001}}.Validate(), "books")
}
