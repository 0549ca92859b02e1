package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/shop"
	"github.com/ordersaga/ordersaga/platform/text"
)

// Exit codes, as README.md has them.
const (
	exitFailed    = 1 // it could not be done or found out: no answer, a fault of a service
	exitUsage     = 2 // the command line is wrong
	exitNo        = 3 // the answer is no: refused, rejected, violated, something is wrong
	exitUnsettled = 4 // the order is taken and not settled yet
)

// answered fails a command whose outcome is printed already, with an exit code.
type answered struct{ code int }

func (a answered) Error() string { return fmt.Sprintf("the command ends with %d", a.code) }

// usage is a mistake in the command line that its parser did not find.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// final tells whether a status of HTTP is a "no" that the same request will meet again.
func final(status int) bool {
	return status < http.StatusInternalServerError &&
		status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
}

// exitCode is the status with which the command ends after an error, or after none.
func exitCode(err error) int {
	var printed answered
	var refused *shop.Problem
	var wrong usage
	switch {
	case err == nil:
		return 0
	case errors.As(err, &printed):
		return printed.code
	case errors.As(err, &wrong):
		return exitUsage
	case errors.As(err, &refused) && final(refused.Status):
		return exitNo
	default:
		return exitFailed
	}
}

// report prints an error that nobody has printed yet.
func report(err error) {
	var printed answered
	if err == nil || errors.As(err, &printed) {
		return
	}
	for i, line := range strings.Split(err.Error(), "\n") {
		if i == 0 {
			line = "ordersaga: " + line
		}
		fmt.Fprintln(os.Stderr, text.Terminal(line))
	}
}
