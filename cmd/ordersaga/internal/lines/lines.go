// Package lines parses SKU=QUANTITY.
package lines

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ordersaga/ordersaga/client"
)

// Parse reads "TEA-SENCHA-100=2"; the default quantity is 1. The service checks the bounds.
func Parse(texts []string) ([]client.NewLine, error) {
	lines := make([]client.NewLine, len(texts))
	for i, text := range texts {
		sku, quantity, given := strings.Cut(text, "=")
		lines[i] = client.NewLine{SKU: sku, Quantity: 1}
		if sku == "" {
			return nil, fmt.Errorf("%q has no SKU: a line is SKU=QUANTITY", text)
		}
		if !given {
			continue
		}
		number, err := strconv.ParseInt(quantity, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q has no whole number after the =: a line is SKU=QUANTITY", text)
		}
		lines[i].Quantity = number
	}
	return lines, nil
}
