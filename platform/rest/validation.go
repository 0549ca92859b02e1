package rest

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ordersaga/ordersaga/platform/text"
)

// Huma has these settings in globals. This package is the only one that uses Huma to serve.
func init() {
	// Names in other cases would be duplicates of a name.
	huma.ValidateStrictCasing = true
	huma.ErrorFormatter = format
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return humaProblem(context.Background(), status, message, errs...)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		return humaProblem(ctx.Context(), status, message, errs...)
	}
}

// humaProblem makes problems of Huma's errors, which are all about reading a request. It drops the
// values in them, which may be personal or the whole body.
func humaProblem(ctx context.Context, status int, message string, errs ...error) *Problem {
	fields, missingHeader, malformed := fieldErrors(errs[:min(len(errs), maxFaults)])
	var p *Problem
	switch {
	case status == http.StatusRequestEntityTooLarge:
		p = NewProblem(status, "body-too-large", "The body is larger than this operation takes.")
	case status == http.StatusUnsupportedMediaType:
		return atRequest(ctx, unsupportedMediaType(nil))
	case status == http.StatusRequestTimeout:
		p = NewProblem(status, "request-timeout", "The body did not arrive in time.")
	case status == http.StatusNotAcceptable:
		p = NewProblem(status, "not-acceptable", "This service answers with application/json.")
	case status >= http.StatusInternalServerError:
		return problemOf(ctx, errors.Join(append([]error{errors.New(message)}, errs...)...), nil)
	case malformed != nil:
		p = NewProblem(http.StatusBadRequest, "malformed-json", malformed.Error()+".")
	case missingHeader != "":
		p = NewProblem(http.StatusBadRequest, "missing-header", "The header "+missingHeader+" is required.")
		p.Errors = fields
	case len(fields) > 0:
		p = NewProblem(http.StatusUnprocessableEntity, "validation-failed", "The request is not valid: "+fields[0].Field+": "+fields[0].Message+".")
		p.Errors = fields
	default:
		// The message is Huma's: "request body is required".
		p = NewProblem(status, "bad-request", capital(message)+".")
	}
	return atRequest(ctx, p)
}

// fieldErrors also returns the errors that make the answer a 400: a missing header, or malformed
// JSON.
func fieldErrors(errs []error) (fields []FieldError, missingHeader string, malformed error) {
	for _, err := range errs {
		var detailer huma.ErrorDetailer
		if !errors.As(err, &detailer) {
			if err != nil {
				fields = append(fields, FieldError{Field: "body", Message: err.Error()})
			}
			continue
		}
		detail := detailer.ErrorDetail()
		name, isHeader := strings.CutPrefix(detail.Location, "header.")
		if isHeader && missingHeader == "" && strings.HasPrefix(detail.Message, "required header") {
			missingHeader = name
		}
		if text, ok := strings.CutPrefix(detail.Message, malformedPrefix); ok {
			malformed = errors.New(text)
		}
		field := FieldError{Field: detail.Location, Message: detail.Message}
		if text, ok := strings.CutPrefix(detail.Message, mistypedPrefix); ok {
			field.Field, field.Message, _ = strings.Cut(text, ": ")
		}
		field.Field, field.Message = text.Line(field.Field, maxField), text.Line(field.Message, maxField)
		fields = append(fields, field)
	}
	return fields, missingHeader, malformed
}
