package domain

import (
	"errors"
	"fmt"
)

// Invalid says which field of a request cannot be accepted, and why.
type Invalid struct {
	// Field is the path within the request: "price.currency".
	Field string
	// Problem is a phrase that follows the field's name: "must not be empty".
	Problem string
	// Value is what was sent.
	Value any
}

func (i *Invalid) Error() string { return fmt.Sprintf("%s %s", i.Field, i.Problem) }

// Faults are the Invalid values within an error, in their order.
func Faults(err error) []*Invalid {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var faults []*Invalid
		for _, one := range many.Unwrap() {
			faults = append(faults, Faults(one)...)
		}
		return faults
	}
	var fault *Invalid
	if errors.As(err, &fault) {
		return []*Invalid{fault}
	}
	return nil
}
