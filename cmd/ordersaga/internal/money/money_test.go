package money_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/money"
)

func TestMinorUnitsAreShownAsPeopleWriteThem(t *testing.T) {
	for want, m := range map[string]money.Money{
		"£12.50":             {Amount: 1250, Currency: "GBP"},
		"£7,020.00":          {Amount: 702000, Currency: "GBP"},
		"JP¥500":             {Amount: 500, Currency: "JPY"},
		"-£3.95":             {Amount: -395, Currency: "GBP"},
		"5 XX (minor units)": {Amount: 5, Currency: "XX"},
	} {
		assert.Equal(t, want, m.String())
	}
}

func TestWhatPeopleWriteBecomesMinorUnits(t *testing.T) {
	for text, want := range map[string]int64{"12.50": 1250, "12.5": 1250, "12": 1200, "0.01": 1, "0": 0} {
		got, err := money.Parse(text, "GBP")
		require.NoError(t, err, text)
		assert.Equal(t, money.Money{Amount: want, Currency: "GBP"}, got)
	}
	yen, err := money.Parse("500", "JPY")
	require.NoError(t, err)
	assert.Equal(t, int64(500), yen.Amount)
}

func TestNothingIsRounded(t *testing.T) {
	for _, wrong := range []struct{ text, currency, want string }{
		{"12.505", "GBP", "GBP has 2 digits after the point"},
		{"1.5", "JPY", "JPY has 0 digits after the point"},
		{"twelve", "GBP", `"twelve" GBP is no amount`},
		{"12", "POUNDS", `"12" POUNDS is no amount`},
		{"99999999999999999999", "GBP", "is too much"},
	} {
		_, err := money.Parse(wrong.text, wrong.currency)
		assert.ErrorContains(t, err, wrong.want)
	}
}
