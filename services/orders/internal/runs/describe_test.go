package runs

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"

	commonv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/common/v1"
	ordersv1 "github.com/ordersaga/ordersaga/contracts/proto/ordersaga/orders/v1"
)

func TestARunIsDescribedForPeople(t *testing.T) {
	in := &ordersv1.Placement{
		CustomerId: "ann", Total: &commonv1.Money{Amount: 1250, Currency: "GBP"},
		Lines:       []*ordersv1.OrderLine{{Sku: "TEA_1", Name: "Tea | *strong*\nblack", UnitPrice: 430, Quantity: 2}},
		Adjustments: []*ordersv1.OrderAdjustment{{Kind: "discount", Amount: -100}},
	}
	require.Equal(t, "ann · £12.50 · 1 line", summary(in))
	require.Contains(t, details(in), "| TEA_1 | Tea \\| \\*strong\\*\\\\nblack | 2 | £4.30 |")
	require.Contains(t, details(in), "discount: -£1.00")
	in.Total.Currency = "XXQ"
	require.Contains(t, summary(in), "1250 XXQ")
}

// The server refuses to start what is described at too great a length.
func TestTheLargestOrderIsDescribedWithinTheServersLimits(t *testing.T) {
	for _, longest := range []string{"\U0001F375", "\x01", "<", "\\", "&", "\u2028", "\xff"} {
		in := &ordersv1.Placement{CustomerId: strings.Repeat(longest, 255), Total: &commonv1.Money{Amount: 1 << 60, Currency: "GBP"}}
		for range 1000 {
			in.Lines = append(in.Lines, &ordersv1.OrderLine{
				Sku: strings.Repeat(longest, 64), Name: strings.Repeat(longest, 400), UnitPrice: 1 << 60, Quantity: 100000,
			})
		}
		for name, text := range map[string]struct {
			is    string
			limit int
		}{"summary": {summary(in), 400}, "details": {details(in), 20_000}} {
			payload, err := converter.GetDefaultDataConverter().ToPayload(text.is)
			require.NoError(t, err)
			require.LessOrEqual(t, payload.Size(), text.limit, "%s of %q", name, longest)
		}
		require.Contains(t, details(in), "and 980 more lines")
	}
}

// What customers and sellers write is shown and obeyed by nobody: no link, no markup, nothing
// hidden.
func TestNamesCannotChangeHowARunIsShown(t *testing.T) {
	in := &ordersv1.Placement{
		CustomerId: "# https://evil.example", Total: &commonv1.Money{Amount: 1250, Currency: "GBP"},
		Lines: []*ordersv1.OrderLine{
			{Sku: "A", Name: "tea\u202egnp.exe", UnitPrice: 1, Quantity: 1},
			{Sku: "B", Name: "\u200b", UnitPrice: 1, Quantity: 1},
			{Sku: "C", Name: "see www.evil.example\r\n# Paid", UnitPrice: 1, Quantity: 1},
		},
		Adjustments: []*ordersv1.OrderAdjustment{{Kind: "> https://evil.example\n# gift", Amount: 1}},
	}
	require.Equal(t, `\# https∶//evil.example · £12.50 · 3 lines`, summary(in))
	require.Contains(t, details(in), `| A | tea\\u202egnp.exe | 1 |`)
	require.Contains(t, details(in), `| B | \\u200b | 1 |`)
	require.Contains(t, details(in), `| C | see www․evil.example\\r\\n# Paid | 1 |`)
	require.Contains(t, details(in), "\n\\> https∶//evil.example\\\\n# gift: £0.01\n")
}
