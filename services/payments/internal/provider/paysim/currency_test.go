package paysim

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

func TestAmountsAreCountedAsPaysimCountsThem(t *testing.T) {
	for currency, units := range map[string]int64{"GBP": 1234, "JPY": 1234, "KWD": 1234, "ISK": 123400} {
		sent, err := toPaysim(domain.Money{Amount: 1234, Currency: currency})
		require.NoError(t, err)
		assert.Equal(t, units, sent, currency)
		back, err := fromPaysim(currency, sent)
		require.NoError(t, err)
		assert.Equal(t, domain.Money{Amount: 1234, Currency: currency}, back)
	}
	_, err := toPaysim(domain.Money{Amount: math.MaxInt64 / 10, Currency: "ISK"})
	require.Error(t, err, "it would overflow")
	_, err = fromPaysim("ISK", 123450)
	require.Error(t, err, "half a króna is no minor unit")
}
