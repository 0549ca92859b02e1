package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v5"
)

// Problem is an error as a client sees it (RFC 9457).
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	Code   string `json:"code"` // stable; the last part of Type
}

func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// StatusCode tells the middlewares what the answer will be.
func (p *Problem) StatusCode() int { return p.Status }

func newProblem(status int, code, detail string) *Problem {
	return &Problem{
		Type: "urn:paysim:problem:" + code, Title: http.StatusText(status), Status: status, Detail: detail, Code: code,
	}
}

// problemInternal says as little as a real provider's 500: above all not whether there was an
// effect.
var problemInternal = newProblem(http.StatusInternalServerError, "internal", "Something went wrong on our side.")

// problemUnavailable promises that there was no effect.
var problemUnavailable = newProblem(http.StatusServiceUnavailable, "unavailable", "The provider cannot take requests now; try again.")

func problemOf(err error) *Problem {
	var problem *Problem
	switch {
	case errors.As(err, &problem):
		return problem
	case errors.Is(err, ErrNotFound):
		return newProblem(http.StatusNotFound, "not_found", err.Error())
	case errors.Is(err, ErrNotPossible):
		return newProblem(http.StatusConflict, "not_possible", err.Error())
	case errors.Is(err, ErrKeyReused):
		return newProblem(http.StatusUnprocessableEntity, "idempotency_key_reused", err.Error())
	case errors.Is(err, ErrInProgress):
		return newProblem(http.StatusConflict, "in_progress", err.Error())
	}
	switch status := echo.StatusCode(err); status {
	case http.StatusNotFound:
		return newProblem(status, "not_found", "There is nothing at this path.")
	case http.StatusMethodNotAllowed:
		return newProblem(status, "method_not_allowed", "This path does not know the method.")
	default:
		return problemInternal
	}
}

func handleError(c *echo.Context, err error) {
	if response, _ := echo.UnwrapResponse(c.Response()); response != nil && response.Committed {
		return
	}
	problem := problemOf(err)
	if problem == problemInternal {
		slog.Error("request failed", "method", c.Request().Method, "path", c.Request().URL.Path, "error", err)
	}
	body, err := json.Marshal(problem)
	if err != nil {
		slog.Error("encode problem", "error", err)
		return
	}
	if err := respond(c, problem.Status, body); err != nil {
		slog.Debug("the client is gone", "error", err)
	}
}

// respond writes a body with the headers that go with its status.
func respond(c *echo.Context, status int, body []byte) error {
	header, contentType := c.Response().Header(), "application/json"
	switch status {
	case http.StatusCreated, http.StatusOK, http.StatusPaymentRequired:
	default:
		contentType = "application/problem+json"
	}
	switch status {
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", "Bearer")
	case http.StatusConflict, http.StatusServiceUnavailable:
		header.Set("Retry-After", "1") // seconds
	}
	return c.Blob(status, contentType, body)
}
