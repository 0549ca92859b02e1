package rest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ordersaga/ordersaga/platform/rest"
)

func TestAnIdempotencyKeyIsPrintableASCII(t *testing.T) {
	for key, want := range map[string]bool{
		"": false, "a": true, "a b~!": true, "ä": false, "a\tb": false, "a\x7f": false,
		strings.Repeat("k", 255): true, strings.Repeat("k", 256): false,
	} {
		assert.Equal(t, want, rest.CheckIdempotencyKey(key) == nil, "%q", key)
	}
}
