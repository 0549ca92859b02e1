// Package doctor checks a program's dependencies one after the other and prints what it found and
// what is wrong.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// patience bounds one check; it is longer than the timeouts within a check.
const patience = 30 * time.Second

// Check is a check of one dependency.
type Check struct {
	// Subject is the setting to check: DATABASE_URL.
	Subject string
	// Needs is the subject of an earlier check: when that one fails, this one is not tried.
	Needs string
	// Try returns what it found, "PostgreSQL 15.18, database orders". Its error says what is wrong
	// and, if possible, what to do. A Remark is an error with which the program still works.
	Try func(ctx context.Context) (found string, err error)
	// Encrypted returns an error for a connection to another machine without TLS, with what to set:
	// "must have sslmode=…". It reads settings only. It is nil when there is no connection.
	Encrypted func() error
}

// Remark is an error with which the program still works.
type Remark string

func (r Remark) Error() string { return string(r) }

// Examine tries the checks in their order and writes a line about each:
//
//	ok     DATABASE_URL   PostgreSQL 15.18, database orders, as orders
//	wrong  AMQP_URL       connect to RabbitMQ at 127.0.0.1:5672 (AMQP_URL): connection refused
//	                      Nothing listens at this address: is it started, and are host and port right?
//
// It returns how many are wrong.
func Examine(ctx context.Context, out io.Writer, checks []Check) (wrong int) {
	failed := map[string]bool{}
	for _, check := range checks {
		if failed[check.Needs] {
			failed[check.Subject] = true
			say(out, "-", check.Subject, "not tried, because of "+check.Needs)
			continue
		}
		verdict, words := check.examine(ctx)
		say(out, verdict, check.Subject, words)
		if verdict != "ok" {
			if advice := advise(words); advice != "" {
				say(out, "", "", advice)
			}
		}
		if verdict == "wrong" {
			wrong++
			failed[check.Subject] = true
		}
	}
	return wrong
}

// Wrong writes a line about an error, as Examine does.
func Wrong(out io.Writer, subject, words string) { say(out, "wrong", subject, words) }

func say(out io.Writer, verdict, subject, words string) {
	fmt.Fprintf(out, "%-6s %-28s %s\n", verdict, subject, words)
}

func (c Check) examine(ctx context.Context) (verdict, words string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := c.Try(ctx)
	var remark Remark
	switch {
	case err == nil:
		return "ok", found
	case errors.As(err, &remark):
		return "note", oneLine(strings.TrimPrefix(found+"; ", "; ") + remark.Error())
	default:
		return "wrong", oneLine(err.Error())
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
