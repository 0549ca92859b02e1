package slots_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ordersaga/ordersaga/services/orders/internal/domain/slots"
)

func TestATotalIsDividedOnce(t *testing.T) {
	split, err := slots.New(slots.Order{
		Lines:    []slots.Line{{Number: 1, Quantity: 3, UnitPrice: 333}, {Number: 2, Quantity: 1, UnitPrice: 250}},
		Discount: 100, Shipping: 499, Tax: 330,
	})
	require.NoError(t, err)
	for unit, want := range []int64{368, 367, 368} {
		require.Equal(t, want, split.Units(1, int64(unit), int64(unit)+1).Total(), "unit %d of line 1", unit)
	}
	require.EqualValues(t, 276, split.Units(2, 0, 1).Total())
	require.EqualValues(t, 599, split.Shipping().Total())
	shipped := split.Units(1, 0, 1).Plus(split.Shipping())
	require.EqualValues(t, 967, shipped.Total())
	rest := split.Units(1, 2, 3).Plus(split.Units(2, 0, 1))
	require.EqualValues(t, 644, rest.Total())
	require.EqualValues(t, 1978, shipped.Plus(split.Units(1, 1, 2)).Plus(rest).Total())
}

func TestADiscountGoesOverShippingAndNoFurther(t *testing.T) {
	order := slots.Order{Lines: []slots.Line{{Number: 1, Quantity: 2, UnitPrice: 50}}, Shipping: 30, Discount: 110, Tax: 5}
	split, err := slots.New(order)
	require.NoError(t, err)
	require.EqualValues(t, 25, split.Shipping().Total())
	require.Zero(t, split.Units(1, 0, 2).Total())
	order.Discount = 131
	_, err = slots.New(order)
	require.ErrorIs(t, err, slots.ErrDiscount)
}

func TestTaxOfGoodsThatAreGivenAwayGoesByQuantity(t *testing.T) {
	split, err := slots.New(slots.Order{
		Lines: []slots.Line{{Number: 1, Quantity: 1}, {Number: 2, Quantity: 3}}, Tax: 40,
	})
	require.NoError(t, err)
	require.EqualValues(t, 10, split.Units(1, 0, 1).Total())
	require.EqualValues(t, 30, split.Units(2, 0, 3).Total())
}

func TestEachLineHasTheTaxThatIsGivenForIt(t *testing.T) {
	order := slots.Order{
		Lines:    []slots.Line{{Number: 2, Quantity: 1, UnitPrice: 900}, {Number: 1, Quantity: 3, UnitPrice: 333}},
		Discount: 100, Shipping: 499, Tax: 250, TaxParts: []int64{200, 0, 50},
	}
	split, err := slots.New(order)
	require.NoError(t, err)
	for unit, want := range []int64{66, 67, 67} {
		require.Equal(t, want, split.Units(1, int64(unit), int64(unit)+1).Tax, "unit %d of line 1", unit)
	}
	require.Zero(t, split.Units(2, 0, 1).Tax)
	require.EqualValues(t, 50, split.Shipping().Tax)
	for name, parts := range map[string][]int64{
		"one too few": {200, 50}, "one too many": {200, 0, 50, 0}, "none": {}, "less": {199, 0, 50}, "more": {201, 0, 50}, "a negative one": {251, -1, 0},
	} {
		order.TaxParts = parts
		_, err := slots.New(order)
		require.ErrorIs(t, err, slots.ErrTaxParts, name)
	}
}

func TestSlotsAddUpToTheTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var order slots.Order
		var goods int64
		for number := range rapid.IntRange(1, 12).Draw(t, "lines") {
			line := slots.Line{
				Number: int32(number + 1), Quantity: rapid.Int64Range(1, 100_000).Draw(t, "quantity"),
				UnitPrice: rapid.OneOf(rapid.Int64Range(0, 20), rapid.Int64Range(0, math.MaxInt64/100_000/64)).Draw(t, "price"),
			}
			goods += line.Quantity * line.UnitPrice
			order.Lines = append(order.Lines, line)
		}
		order.Shipping = rapid.Int64Range(0, 100_000).Draw(t, "shipping")
		order.Discount = rapid.Int64Range(0, goods+order.Shipping).Draw(t, "discount")
		order.Tax = rapid.Int64Range(0, math.MaxInt64/4).Draw(t, "tax")
		if rapid.Bool().Draw(t, "tax is known by line") {
			left := order.Tax
			for range order.Lines {
				order.TaxParts = append(order.TaxParts, rapid.Int64Range(0, left).Draw(t, "part"))
				left -= order.TaxParts[len(order.TaxParts)-1]
			}
			order.TaxParts = append(order.TaxParts, left)
		}
		split, err := slots.New(order)
		require.NoError(t, err)

		if parts := order.TaxParts; parts != nil {
			for i, line := range order.Lines {
				require.Equal(t, parts[i], split.Units(line.Number, 0, line.Quantity).Tax)
			}
		}
		sum := split.Shipping()
		require.GreaterOrEqual(t, sum.Total(), int64(0))
		for _, line := range order.Lines {
			free := slots.NewFree(line)
			for free.Units() > 0 {
				units := rapid.Int64Range(1, free.Units()).Draw(t, "units")
				for _, taken := range free.Lowest(units) {
					amounts := split.Units(line.Number, taken.From, taken.To)
					for _, part := range []int64{amounts.Total(), amounts.Goods, amounts.Discount, amounts.Tax} {
						require.GreaterOrEqual(t, part, int64(0))
					}
					sum = sum.Plus(amounts)
					free = free.Without(taken)
				}
			}
			unit := rapid.Int64Range(0, line.Quantity-1).Draw(t, "unit")
			require.GreaterOrEqual(t, split.Units(line.Number, unit, unit+1).Total(), int64(0))
		}
		require.Equal(t, slots.Amounts{Goods: goods, Shipping: order.Shipping, Discount: order.Discount, Tax: order.Tax}, sum)
	})
}
