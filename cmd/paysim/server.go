package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/ordersaga/ordersaga/platform/pause"
	"github.com/ordersaga/ordersaga/platform/telemetry"
)

// server is the provider's HTTP side.
type server struct {
	books    *Books
	deferred *deferred
	metrics  *metrics
	slow     time.Duration
}

// handler routes requests. The key guards everything under /v1.
func (s *server) handler(apiKey string) http.Handler {
	// Without the automatic routes an unknown path is unknown to everybody, and a wrong method is
	// 405.
	e := echo.NewWithConfig(echo.Config{HTTPErrorHandler: handleError, NoGroupAutoRegister404Routes: true})
	e.Use(middleware.RequestID(), s.metrics.observe, logRequests, middleware.Recover())

	e.GET("/livez", echo.WrapHandler(telemetry.Readiness(nil)))
	e.GET("/readyz", echo.WrapHandler(telemetry.Readiness(map[string]func(context.Context) error{
		"books": func(context.Context) error { return s.books.Check() },
	})))
	e.GET("/metrics", echo.WrapHandler(s.metrics.handler()))

	v1 := e.Group("/v1", requireKey(apiKey))
	v1.POST("/authorizations", s.authorize)
	v1.GET("/authorizations", s.lookup)
	v1.GET("/authorizations/:id", s.get)
	v1.POST("/authorizations/:id/void", s.void)
	v1.POST("/authorizations/:id/captures", s.capture)
	v1.POST("/captures/:id/refunds", s.refund)
	v1.GET("/statement", s.statement)
	v1.GET("/list", s.list)
	v1.GET("/books", s.audit)

	v1.POST("/simulate/:kind/:id/:status", s.simulate)
	v1.POST("/simulate/capture/:id/disputed", s.dispute)
	v1.POST("/simulate/forget-keys", s.forgetKeys)
	return e
}

func requireKey(apiKey string) echo.MiddlewareFunc {
	want := sha256.Sum256([]byte(apiKey)) // hashed, so that the comparison does not tell the length
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			scheme, given, _ := strings.Cut(c.Request().Header.Get("Authorization"), " ")
			got := sha256.Sum256([]byte(given))
			if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
				return newProblem(http.StatusUnauthorized, "unauthorized", "A valid API key is required as bearer token.")
			}
			return next(c)
		}
	}
}

func (s *server) authorize(c *echo.Context) error {
	key, err := idempotencyKey(c)
	if err != nil {
		return err
	}
	req, err := authorizeRequest(c)
	if err != nil {
		return err
	}
	result, err := s.books.Authorize(key, req, s.slow)
	if err != nil {
		return err
	}
	answer := result.Answer
	switch {
	case result.Pending != nil:
		answer, err = waitFor(c.Request().Context(), s.deferred.schedule(*result.Pending, s.slow))
	case answer == nil:
		return problemUnavailable
	case cards[req.Source].slowAnswer && !answer.Replayed:
		err = pause.For(c.Request().Context(), s.slow, nil)
	}
	if err != nil {
		return err
	}
	return sendAnswer(c, answer)
}

func (s *server) void(c *echo.Context) error {
	key, err := idempotencyKey(c)
	if err != nil {
		return err
	}
	if c.Request().ContentLength != 0 {
		if err := decodeStrictly(c, &struct{}{}); err != nil {
			return err
		}
	}
	answer, err := s.books.Void(key, c.Param("id"))
	if err != nil {
		return err
	}
	return sendAnswer(c, answer)
}

func (s *server) get(c *echo.Context) error {
	found, err := s.books.Authorization(c.Param("id"))
	return answerWith(c, http.StatusOK, found, err)
}

func (s *server) lookup(c *echo.Context) error {
	reference, err := referenceOf(c)
	if err != nil {
		return err
	}
	found, err := s.books.ByReference(reference)
	return answerWith(c, http.StatusOK, map[string]any{"authorizations": found}, err)
}

func (s *server) audit(c *echo.Context) error {
	audit, err := s.books.Audit(c.QueryParam("reference"))
	return answerWith(c, http.StatusOK, audit, err)
}

// answerWith answers with what was found, or with no content when there is nothing to tell.
func answerWith(c *echo.Context, status int, found any, err error) error {
	if err != nil {
		return err
	}
	if found == nil {
		return c.NoContent(status)
	}
	return c.JSON(status, found)
}

func sendAnswer(c *echo.Context, answer *Answer) error {
	if answer.Replayed {
		c.Response().Header().Set("Idempotent-Replayed", "true")
	}
	return respond(c, answer.Status, answer.Body)
}

// waitFor returns the answer of a deferred effect, or fails when the client hangs up first.
func waitFor(ctx context.Context, answered <-chan *Answer) (*Answer, error) {
	select {
	case answer, ok := <-answered:
		if !ok {
			return nil, problemInternal // stopping: the effect comes after the next start
		}
		return answer, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
