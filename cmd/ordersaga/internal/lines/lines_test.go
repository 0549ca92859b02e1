package lines_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/lines"
)

func TestALineIsSKUAndQuantity(t *testing.T) {
	parsed, err := lines.Parse([]string{"TEA-1=2", "POT"})
	require.NoError(t, err)
	assert.Equal(t, []client.NewLine{{SKU: "TEA-1", Quantity: 2}, {SKU: "POT", Quantity: 1}}, parsed)

	for text, want := range map[string]string{
		"=2":      `"=2" has no SKU: a line is SKU=QUANTITY`,
		"TEA=two": `"TEA=two" has no whole number after the =: a line is SKU=QUANTITY`,
		"TEA=":    `"TEA=" has no whole number after the =: a line is SKU=QUANTITY`,
	} {
		_, err := lines.Parse([]string{text})
		assert.EqualError(t, err, want)
	}
}
