package domain

import "regexp"

// SKUPattern is what a SKU looks like, here as in the catalog: it can stand in a URL's path and in
// a message as it is. Case matters.
const SKUPattern = `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`

var skuPattern = regexp.MustCompile(SKUPattern)

// IsSKU tells whether a text can be a SKU.
func IsSKU(text string) bool { return skuPattern.MatchString(text) }
