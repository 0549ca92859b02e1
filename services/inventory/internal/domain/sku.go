package domain

import "regexp"

// SKUPattern is the form of a SKU, the same as in the catalog: it needs no escaping in a URL's path
// or a message. Case matters.
const SKUPattern = `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`

var skuPattern = regexp.MustCompile(SKUPattern)

// IsSKU reports whether a text is a valid SKU.
func IsSKU(text string) bool { return skuPattern.MatchString(text) }
