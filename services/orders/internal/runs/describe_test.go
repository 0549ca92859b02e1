package runs

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"

	"github.com/ordersaga/ordersaga/contracts/sagas"
)

func TestARunIsDescribedForPeople(t *testing.T) {
	in := sagas.PlaceOrderInput{
		CustomerID: "ann", Total: 1250, Currency: "GBP",
		Lines:       []sagas.Line{{SKU: "TEA_1", Name: "Tea | *strong*\nblack", UnitPrice: 430, Quantity: 2}},
		Adjustments: []sagas.Adjustment{{Kind: "discount", Amount: -100}},
	}
	require.Equal(t, "ann · £12.50 · 1 line", summary(in))
	require.Contains(t, details(in), "| TEA_1 | Tea ∣ ∗strong∗ black | 2 | £4.30 |")
	require.Contains(t, details(in), "discount: -£1.00")
	in.Currency = "XXQ"
	require.Contains(t, summary(in), "1250 XXQ")
}

// The server refuses to start what is described at too great a length.
func TestTheLargestOrderIsDescribedWithinTheServersLimits(t *testing.T) {
	in := sagas.PlaceOrderInput{CustomerID: strings.Repeat("\U0001F375", 63), Total: 1 << 60, Currency: "GBP"}
	for range 1000 {
		in.Lines = append(in.Lines, sagas.Line{
			SKU: strings.Repeat("\U0001F375", 64), Name: strings.Repeat("\x01", 400), UnitPrice: 1 << 60, Quantity: 100000,
		})
	}
	for name, text := range map[string]struct {
		is    string
		limit int
	}{"summary": {summary(in), 400}, "details": {details(in), 20_000}} {
		payload, err := converter.GetDefaultDataConverter().ToPayload(text.is)
		require.NoError(t, err)
		require.LessOrEqual(t, payload.Size(), text.limit, name)
	}
	require.Contains(t, details(in), "and 980 more lines")
}
