// Package paymentmethod checks payment methods: a payment method is the payment provider's token,
// never a card number. All services use this one rule; an order with a payment method that a later
// service refuses could not continue.
package paymentmethod

import (
	"errors"
	"regexp"
	"strings"
)

// Errors of Check. They do not repeat what was sent: it may be a card number.
var (
	ErrForm       = errors.New("must be 1 to 200 printable ASCII characters without spaces")
	ErrCardNumber = errors.New("is a card number; send the payment provider's token of the card, never its number")
)

var (
	form    = regexp.MustCompile(`^[\x21-\x7e]{1,200}$`)
	letters = regexp.MustCompile(`\p{L}`)
	// apart separates groups of digits, as in written card numbers with expiry and security code.
	apart = regexp.MustCompile(`[^0-9]+`)
)

// Check refuses text that cannot be a token. Tokens have letters; text without letters is refused
// when its digits, in one or several groups, are a card number.
func Check(method string) error {
	if !letters.MatchString(method) && hasCardNumber(apart.Split(wide.Replace(method), -1)) {
		return ErrCardNumber
	}
	if !form.MatchString(method) {
		return ErrForm
	}
	return nil
}

// hasCardNumber reports whether neighbouring groups of digits make a card number.
func hasCardNumber(groups []string) bool {
	for first := range groups {
		digits := ""
		for _, group := range groups[first:] {
			if digits += group; len(digits) > maxDigits {
				break
			}
			if isCardNumber(digits) {
				return true
			}
		}
	}
	return false
}

// wide converts the full-width digits of some keyboards.
var wide = strings.NewReplacer("０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9")

// A card number has 12 to 19 digits (ISO/IEC 7812).
const minDigits, maxDigits = 12, 19

// isCardNumber reports whether digits have the length and the check digit of a card number (Luhn's
// formula, annex B of the standard).
func isCardNumber(digits string) bool {
	sum := 0
	for i := range len(digits) {
		digit := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum += digit
	}
	return len(digits) >= minDigits && len(digits) <= maxDigits && sum%10 == 0
}
