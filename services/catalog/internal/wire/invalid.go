package wire

import (
	"fmt"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/rest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

// Faults are what the domain found wrong with a part of a body, at a place like "body" or
// "body.products[3]", as the border names fields.
func Faults(place string, err error) []rest.FieldError {
	faults := domain.Faults(err)
	fields := make([]rest.FieldError, len(faults))
	for i, fault := range faults {
		fields[i] = rest.FieldError{Field: place + "." + fault.Field, Message: fault.Problem}
	}
	return fields
}

// Invalid is the problem of a body with such fields, at least one.
func Invalid(fields []rest.FieldError) error {
	p := rest.NewProblem(http.StatusUnprocessableEntity, "validation-failed",
		fmt.Sprintf("The request is not valid: %s: %s.", fields[0].Field, fields[0].Message))
	p.Errors = fields
	return p
}
