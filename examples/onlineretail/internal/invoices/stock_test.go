package invoices

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func factor(t *testing.T, text string) Factor {
	t.Helper()
	f, err := ParseFactor(text)
	require.NoError(t, err)
	return f
}

func TestStockIsTheFactorOfWhatTheInvoicesSell(t *testing.T) {
	f := dirty(t, 0)
	assert.Equal(t, []Line{{"10001A", 6}, {"10002", 3}, {"10003bl", 1}, {"10003BL", 1}, {"gift_0001_20", 1}}, f.Stock(factor(t, "1.0")))
	assert.Equal(t, []Line{{"10001A", 5}, {"10002", 2}, {"10003bl", 1}, {"10003BL", 1}, {"gift_0001_20", 1}}, f.Stock(factor(t, "0.8")))
	assert.Equal(t, []Line{{"10001A", 2}, {"10002", 1}}, f.Stock(factor(t, "0.4")))
	assert.Empty(t, f.Stock(factor(t, "0")))
}

func TestALargeDeliveryOfOneProductHasSeveralLines(t *testing.T) {
	f := read(t, "1,10001,X,100000,,1,,\n2,10001,X,100000,,1,,\n3,10001,X,1,,1,,\n")
	assert.Equal(t, []Line{{"10001", MaxQuantity}, {"10001", MaxQuantity}, {"10001", 1}}, f.Stock(factor(t, "1")))
}

func TestAFactorIsExact(t *testing.T) {
	for units, want := range map[int64]int64{1: 1, 2: 1, 3: 2, 5: 3, 1_000_000_000_000: 550_000_000_000} {
		assert.Equal(t, want, factor(t, "0.55").of(units), "0.55 of %d", units)
	}
	assert.Equal(t, "0.8", factor(t, "0.80").String())
	assert.Equal(t, "1", factor(t, "1.0").String())
	assert.True(t, factor(t, "0.999999").LeavesOrdersShort())
	assert.False(t, factor(t, "1.000").LeavesOrdersShort())
	for _, text := range []string{"", "-1", "1/2", "1e2", "1000", "0,8", "NaN", "half"} {
		_, err := ParseFactor(text)
		assert.ErrorContains(t, err, "stock factor", "%q", text)
	}
}
