// Package doctor tries what a program needs, one thing after the other, and says in plain words
// what is there and what is wrong.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// patience is how long one check may take; above the time-outs of what it tries.
const patience = 30 * time.Second

// Check is one thing that a program needs.
type Check struct {
	// Subject is the setting it is about: DATABASE_URL.
	Subject string
	// Needs is the subject of an earlier check without which this one can find nothing out: it is
	// then not tried.
	Needs string
	// Try answers with what it found, "PostgreSQL 15.18, database orders". Its error says what is
	// wrong and, where that is known, what to do; a Remark says what is worth knowing although the
	// program would work.
	Try func(ctx context.Context) (found string, err error)
	// Encrypted is nil where nothing is sent. Its error says that what is sent could be read on its
	// way, and what to set: "must have sslmode=…". It looks at settings only.
	Encrypted func() error
}

// Remark is an error that does not keep a program from working.
type Remark string

func (r Remark) Error() string { return string(r) }

// Examine tries the checks in their order and writes a line about each:
//
//	ok     DATABASE_URL   PostgreSQL 15.18, database orders, as orders
//	wrong  AMQP_URL       connect to RabbitMQ at 127.0.0.1:5672 (AMQP_URL): connection refused
//	                      Nobody listens there: is it started, and are host and port right?
//
// It answers how many are wrong.
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

// Wrong writes a line about something that is wrong, as Examine does.
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
