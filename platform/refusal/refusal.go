// Package refusal has the type of business refusals: out of stock, declined, expired.
//
// A refusal is not a failure. It proves that the effect did not happen, so nothing has to be
// undone; a repeated request gets the same refusal, so it is never retried. Any other error leaves
// open whether the effect happened.
package refusal

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Refusal has the reason why a request was refused, and the details for the caller.
type Refusal struct {
	// Reason is a stable snake_case name that programs compare: "out_of_stock".
	Reason string `json:"reason"`
	// Message is one sentence for people.
	Message string `json:"message"`
	// Details is JSON of the reason's own shape, or empty.
	Details json.RawMessage `json:"details,omitempty"`
}

// New makes a refusal. The details are any value that encodes to JSON, or nil; a value that does
// not encode is a mistake in the program and panics.
func New(reason, message string, details any) *Refusal {
	r := &Refusal{Reason: reason, Message: message}
	if details == nil {
		return r
	}
	encoded, err := json.Marshal(details)
	if err != nil {
		panic(fmt.Sprintf("refusal %s: details %T do not encode: %v", reason, details, err))
	}
	r.Details = encoded
	return r
}

func (r *Refusal) Error() string { return r.Reason + ": " + r.Message }

// As finds the refusal in an error's chain.
func As(err error) (*Refusal, bool) {
	var r *Refusal
	ok := errors.As(err, &r)
	return r, ok
}
