package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"github.com/labstack/echo/v5"
)

const maxBody = 64 << 10 // bytes

var (
	// Printable ASCII: what may stand in a header field and in a log line without disguise.
	validKey       = regexp.MustCompile(`^[\x21-\x7e]{1,255}$`)
	validReference = regexp.MustCompile(`^[\x21-\x7e]{1,200}$`)
	validCurrency  = regexp.MustCompile(`^[A-Z]{3}$`)
)

func idempotencyKey(c *echo.Context) (string, error) {
	key := c.Request().Header.Get("Idempotency-Key")
	if key == "" {
		return "", newProblem(http.StatusBadRequest, "idempotency_key_missing", "The Idempotency-Key header is required.")
	}
	if !validKey.MatchString(key) {
		return "", newProblem(http.StatusBadRequest, "idempotency_key_invalid",
			"The Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.")
	}
	return key, nil
}

// referenceOf is the reference that is asked for.
func referenceOf(c *echo.Context) (string, error) {
	reference := c.QueryParam("reference")
	if reference == "" {
		return "", invalid("invalid_reference", "the query parameter reference is required")
	}
	return reference, nil
}

func authorizeRequest(c *echo.Context) (AuthorizeRequest, error) {
	var req AuthorizeRequest
	if err := decodeBody(c, &req); err != nil {
		return req, err
	}
	_, knownSource := cards[req.Source]
	switch {
	case !validReference.MatchString(req.Reference):
		return req, invalid("invalid_reference", "reference must be 1 to 200 printable ASCII characters without spaces, not %q", req.Reference)
	case req.Amount <= 0:
		return req, invalidAmount(req.Amount)
	case !validCurrency.MatchString(req.Currency):
		return req, invalid("invalid_currency", "currency must be three capital letters, not %q", req.Currency)
	case !knownSource:
		return req, invalid("invalid_source", "there is no card %q", req.Source)
	}
	return req, nil
}

func invalidAmount(amount int64) error {
	return invalid("invalid_amount", "amount must be a positive number of minor units, not %d", amount)
}

// decodeBody reads a body of JSON.
func decodeBody(c *echo.Context, into any) error {
	mediaType, _, err := mime.ParseMediaType(c.Request().Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "The body must be application/json.")
	}
	return decodeStrictly(c, into)
}

// decodeStrictly refuses unknown fields, trailing data and bodies above maxBody.
func decodeStrictly(c *echo.Context, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(c.Response(), c.Request().Body, maxBody))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("there is more than one value")
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return newProblem(http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("The body may have %d bytes.", maxBody))
	}
	return invalid("invalid_json", "the body is not the expected JSON: %s", strings.TrimPrefix(err.Error(), "json: "))
}

func invalid(code, format string, values ...any) *Problem {
	return newProblem(http.StatusBadRequest, code, fmt.Sprintf(format, values...))
}
