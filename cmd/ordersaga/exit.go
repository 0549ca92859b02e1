package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/dev"
	"github.com/ordersaga/ordersaga/platform/text"
)

// Exit codes, as README.md has them.
const (
	exitFailed    = 1 // no answer, or an error of a service
	exitUsage     = 2 // the command line is wrong
	exitNo        = 3 // refused, rejected, not found, violated, or a check failed
	exitUnsettled = 4 // the order, or the request on it, is accepted and not settled yet
)

// answered ends a command whose outcome is printed already with an exit code.
type answered struct{ code int }

func (a answered) Error() string { return fmt.Sprintf("the command ends with %d", a.code) }

// usage is an error in the command line that its parser did not find.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// denied is an error that no repetition helps: what was asked for is not there, or not possible.
type denied struct{ error }

// exitCode returns the exit status for an error, or for nil.
func exitCode(err error) int {
	var printed answered
	var problem *client.Problem
	var wrong usage
	var option dev.WrongOption
	var no denied
	switch {
	case err == nil:
		return 0
	case errors.As(err, &printed):
		return printed.code
	case errors.As(err, &wrong), errors.As(err, &option), errors.Is(err, client.ErrKey):
		return exitUsage
	case errors.As(err, &no), errors.As(err, &problem) && problem.Status < http.StatusInternalServerError && !problem.Temporary():
		return exitNo
	default:
		return exitFailed
	}
}

// report prints an error that is not printed yet.
func report(to io.Writer, err error) {
	var printed answered
	if err == nil || errors.As(err, &printed) {
		return
	}
	for i, line := range explain(err) {
		if i == 0 {
			line = "ordersaga: " + line
		}
		fmt.Fprintln(to, text.Terminal(line))
	}
}

const mayNotRun = "  Is it running? `make run` starts everything; --dir names the folder of another instance."

// explain returns the lines of an error. A service's text stays on one line.
func explain(err error) (lines []string) {
	var problem *client.Problem
	var silent *client.Unreachable
	var closed *net.OpError // also of the token issuer
	switch {
	case errors.As(err, &problem):
		lines = describe(problem, err)
	case errors.As(err, &silent):
		lines = []string{silent.Error(), mayNotRun}
	case errors.As(err, &closed):
		lines = []string{err.Error(), mayNotRun}
	default:
		return strings.Split(err.Error(), "\n")
	}
	var unsure *client.Unsure
	if errors.As(err, &unsure) {
		lines = append(lines, "  It may have been done. To find out, repeat the command with --key "+quoted(unsure.Key))
	}
	return lines
}

// describe returns the lines of a problem, after the context of the error.
func describe(p *client.Problem, err error) []string {
	var refused *client.Refused
	said := p.Error()
	if errors.As(err, &refused) {
		said = refused.Error()
	}
	doing, _, _ := strings.Cut(err.Error(), said)
	first := fmt.Sprintf("%s%s (%d", doing, p.Title, p.Status)
	if slug := p.Slug(); slug != "" {
		first += " " + slug
	}
	first += ")"
	if p.Detail != "" && p.Detail != p.Title {
		first += ": " + p.Detail
	}
	lines := []string{first}
	if refused != nil {
		for _, short := range refused.Shortages {
			lines = append(lines, fmt.Sprintf("  %s: %d wanted, %d left", short.SKU, short.Requested, short.Available))
		}
		if refused.DeclineCode != "" {
			lines = append(lines, "  decline code: "+refused.DeclineCode)
		}
		if len(refused.SKUs) > 0 {
			lines = append(lines, "  SKUs: "+strings.Join(refused.SKUs, ", "))
		}
		if refused.More > 0 {
			lines = append(lines, fmt.Sprintf("  and %d more", refused.More))
		}
		if refused.Total != nil {
			lines = append(lines, "  total now: "+amount(*refused.Total))
		}
		if refused.OrderID != "" {
			lines = append(lines, "  order: "+refused.OrderID)
		}
	}
	for _, fault := range p.Errors {
		if line := fault.Field + ": " + fault.Message; !strings.Contains(p.Detail, line) { // the detail may have the first
			lines = append(lines, "  "+line)
		}
	}
	if p.TraceID != "" {
		lines = append(lines, "  trace: "+p.TraceID)
	}
	return lines
}
