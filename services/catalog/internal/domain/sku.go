package domain

import "regexp"

// SKUPattern is what a SKU looks like: it can stand in a URL's path, a message and a spreadsheet as
// it is. Case matters: 15056bl and 15056BL are two.
const SKUPattern = `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`

var skuPattern = regexp.MustCompile(SKUPattern)

// IsSKU tells whether a text can be the SKU of a product.
func IsSKU(text string) bool { return skuPattern.MatchString(text) }

func checkSKU(sku string) error {
	if !IsSKU(sku) {
		return &Invalid{Field: "sku", Problem: "must be 1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit", Value: sku}
	}
	return nil
}
