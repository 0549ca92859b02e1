package main

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v5"
)

// maxListed bounds a page of the list.
const maxListed = 1000

func (s *server) capture(c *echo.Context) error {
	var req CaptureRequest
	key, err := movementRequest(c, &req, &req.Amount)
	if err != nil {
		return err
	}
	answer, err := s.books.Capture(key, c.Param("id"), req, s.slow)
	return moved(c, answer, err)
}

func (s *server) refund(c *echo.Context) error {
	var req RefundRequest
	key, err := movementRequest(c, &req, &req.Amount)
	if err != nil {
		return err
	}
	answer, err := s.books.Refund(key, c.Param("id"), req, s.slow)
	return moved(c, answer, err)
}

// movementRequest reads a request that moves money, and its key.
func movementRequest(c *echo.Context, into any, amount *int64) (key string, err error) {
	if key, err = idempotencyKey(c); err != nil {
		return "", err
	}
	if err := decodeBody(c, into); err != nil {
		return "", err
	}
	if *amount <= 0 {
		return "", invalidAmount(*amount)
	}
	return key, nil
}

func moved(c *echo.Context, answer *Answer, err error) error {
	switch {
	case err != nil:
		return err
	case answer == nil:
		return problemUnavailable
	default:
		return sendAnswer(c, answer)
	}
}

func (s *server) statement(c *echo.Context) error {
	reference, err := referenceOf(c)
	if err != nil {
		return err
	}
	found, err := s.books.Statement(reference)
	return answerWith(c, http.StatusOK, found, err)
}

func (s *server) list(c *echo.Context) error {
	after, limit := uint64(0), maxListed
	var err error
	if text := c.QueryParam("after"); text != "" {
		if after, err = strconv.ParseUint(text, 10, 63); err != nil {
			return invalid("invalid_cursor", "after must be the next of the page before, not %q", text)
		}
	}
	if text := c.QueryParam("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxListed {
			return invalid("invalid_limit", "limit must be 1 to %d, not %q", maxListed, text)
		}
	}
	found, err := s.books.List(after, limit)
	return answerWith(c, http.StatusOK, found, err)
}

func (s *server) simulate(c *echo.Context) error {
	err := s.books.Simulate(c.Param("kind"), c.Param("id"), Status(c.Param("status")))
	return answerWith(c, http.StatusNoContent, nil, err)
}

func (s *server) dispute(c *echo.Context) error {
	req := DisputeRequest{Fee: disputeFee}
	if c.Request().ContentLength != 0 {
		if err := decodeBody(c, &req); err != nil {
			return err
		}
	}
	opened, err := s.books.OpenDispute(c.Param("id"), req)
	return answerWith(c, http.StatusCreated, opened, err)
}

func (s *server) forgetKeys(c *echo.Context) error {
	return answerWith(c, http.StatusNoContent, nil, s.books.ForgetKeys())
}
