package money_test

import (
	"math"
	"testing"

	"github.com/bojanz/currency"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/money"
)

func TestMinorUnitsAreShownAsPeopleWriteThem(t *testing.T) {
	for _, test := range []struct {
		minor      int64
		code, want string
	}{
		{1250, "GBP", "£12.50"},
		{702000, "GBP", "£7,020.00"},
		{-395, "GBP", "-£3.95"},
		{0, "GBP", "£0.00"},
		{20000, "JPY", "¥20,000"},
		{1000, "USD", "$10.00"},
		{1000, "CAD", "CA$10.00"},
		{400, "CHF", "CHF 4.00"},
		{1234567, "KWD", "KWD 1,234.567"},
		{12345, "CLF", "CLF 1.2345"},
		{math.MaxInt64, "GBP", "£92,233,720,368,547,758.07"},
		{5, "XX", "5 XX (minor units)"},
		{5, "", "5  (minor units)"},
	} {
		assert.Equal(t, test.want, money.Text(test.minor, test.code))
	}
}

// Two currencies that look alike would be a wrong price; a no-break space cannot be searched for.
func TestEveryCurrencyHasATextOfItsOwn(t *testing.T) {
	seen := map[string]string{}
	for _, code := range currency.GetCurrencyCodes() {
		shown := money.Text(10, code)
		assert.NotRegexp(t, `[^\S ]|[\x{00a0}\x{202f}]`, shown, code)
		assert.NotContains(t, shown, "minor units", code)
		assert.Empty(t, seen[shown], "%s and %s are both %s", code, seen[shown], shown)
		seen[shown] = code
	}
}

func TestWhatPeopleWriteBecomesMinorUnits(t *testing.T) {
	for text, want := range map[string]int64{"12.50": 1250, "12.5": 1250, "12": 1200, "0.01": 1, "0": 0} {
		got, err := money.Parse(text, "GBP")
		require.NoError(t, err, text)
		assert.Equal(t, want, got)
	}
	yen, err := money.Parse("500", "JPY")
	require.NoError(t, err)
	assert.Equal(t, int64(500), yen)
}

func TestNothingIsRounded(t *testing.T) {
	for _, wrong := range []struct{ text, currency, want string }{
		{"12.505", "GBP", "GBP has 2 digits after the point"},
		{"1.5", "JPY", "JPY has 0 digits after the point"},
		{"twelve", "GBP", `"twelve" is no amount`},
		{"12", "POUNDS", `"POUNDS" is no currency`},
		{"12", "", `"" is no currency`},
		{"12", "gbp", `"gbp" is no currency`},
		{"99999999999999999999", "GBP", "is too much"},
	} {
		_, err := money.Parse(wrong.text, wrong.currency)
		assert.ErrorContains(t, err, wrong.want)
	}
}
