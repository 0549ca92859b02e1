package rest

import (
	"net/http"
	"strings"
)

// maxIdempotencyKey in bytes.
const maxIdempotencyKey = 255

// CheckIdempotencyKey refuses, with a 400 problem, an Idempotency-Key that is not 1 to 255
// printable ASCII characters (draft-ietf-httpapi-idempotency-key-header).
func CheckIdempotencyKey(key string) error {
	unprintable := func(char rune) bool { return char < ' ' || char > '~' }
	if key == "" || len(key) > maxIdempotencyKey || strings.ContainsFunc(key, unprintable) {
		return NewProblem(http.StatusBadRequest, "invalid-idempotency-key",
			"Idempotency-Key must have 1 to 255 printable ASCII characters.")
	}
	return nil
}
