package paymentmethod_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/paymentmethod"
)

func TestTokensAreAccepted(t *testing.T) {
	for _, token := range []string{
		"card_approve", "pm_1MqLiJLkdIwHu7ixUEgbFdYF", "tok-4111", "x", strings.Repeat("t", 200), "8a829449-5a1b-4c3e-9f00-12345678abcd",
		"tok_4111111111111111",                 // a token that ends like a card number
		"4111111111111112", "1234567890123456", // not a card number: the check digit is wrong
		"41111111111",          // too short
		"00000000000000000000", // too long
	} {
		assert.NoError(t, paymentmethod.Check(token), token)
	}
}

func TestCardNumbersAreRefused(t *testing.T) {
	for _, number := range []string{
		"4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", " 4111111111111111 ", "4111.1111.1111.1111", "4111_1111_1111_1111",
		"378282246310005", "6011111111111117", "5555555555554444", "30569309025904", "6304000000000000", "6759649826438453", "4000000000000000006",
		"４１１１１１１１１１１１１１１１", "4111\u00a01111\u00a01111\u00a01111", "4111–1111–1111–1111", "4111111111111111|12/27|123", "4111111111111111=2712",
		"4222222222222", "400000000002", "4111-1111-1111-1111-123", "4111111111111111/12/27",
	} {
		err := paymentmethod.Check(number)
		require.ErrorIs(t, err, paymentmethod.ErrCardNumber, number)
		assert.NotContains(t, err.Error(), "1111", "it is not repeated")
	}
}

func TestWhatCannotBeATokenIsRefused(t *testing.T) {
	for _, odd := range []string{
		"", " ", "\u3000", "\u00a0", "\u200b", "card approve", "card_approve\n", "\x00", "card\x1b", "käse", "\u202ecard", strings.Repeat("t", 201), "\xff",
	} {
		assert.ErrorIs(t, paymentmethod.Check(odd), paymentmethod.ErrForm, "%q", odd)
	}
}
