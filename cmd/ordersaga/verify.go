package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/shop"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/verify"
)

type verifyCommand struct {
	JSON   bool          `help:"Print the report as JSON." name:"json"`
	Settle time.Duration `help:"How long open orders and events on their way may take to come to their end." default:"60s" placeholder:"DURATION"`
}

// errViolated fails the command; the report has said why.
var errViolated = errors.New("an invariant is violated")

// Run is called by kong.
func (c *verifyCommand) Run(a *addresses) error {
	if c.Settle < 0 {
		return fmt.Errorf("--settle must not be negative, not %s", c.Settle)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := verify.Run(ctx, (&auditor{addresses: a}).ask, c.Settle)
	if err != nil {
		return err
	}
	if c.JSON {
		raw, err := json.Marshal(report)
		if err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		printJSON(raw)
	} else {
		printReport(report)
	}
	if !report.OK {
		return errViolated
	}
	return nil
}

// auditor asks with one operator's token for many calls.
type auditor struct {
	*addresses
	token string
	until time.Time
}

const (
	// tokenAge after which another token is asked for; they live 15 minutes.
	tokenAge = 5 * time.Minute
	// attempts of a call whose service says that something it needs is away.
	attempts = 5
)

func (a *auditor) ask(ctx context.Context, service, path string, query url.Values, into any) error {
	if time.Now().After(a.until) {
		token, err := asOperator(ctx, a.addresses)
		if err != nil {
			return err
		}
		a.token, a.until = token, time.Now().Add(tokenAge)
	}
	request, err := a.request(ctx, service, http.MethodGet, path, func(context.Context, *addresses) (string, error) { return a.token, nil })
	if err != nil {
		return err
	}
	request.Query = query
	for attempt := 1; ; attempt++ {
		answer, err := shop.Do(ctx, request)
		if err == nil {
			return answer.Decode(into)
		}
		var problem *shop.Problem
		away := errors.As(err, &problem) && problem.Status == http.StatusServiceUnavailable
		if !away || attempt == attempts {
			return fmt.Errorf("%s %s: %w", service, path, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s %s: %w", service, path, ctx.Err())
		case <-time.After(time.Duration(attempt) * time.Second):
		}
	}
}

func printReport(report *verify.Report) {
	rows := [][]string{{"", "INVARIANT", "RESULT", "FIGURES"}}
	for _, invariant := range report.Invariants {
		result := "ok"
		if !invariant.OK {
			result = fmt.Sprintf("VIOLATED (%d)", invariant.Violations)
		}
		figures := make([]string, len(invariant.Figures))
		for i, figure := range invariant.Figures {
			figures[i] = fmt.Sprintf("%d %s", figure.Value, figure.Name)
		}
		rows = append(rows,
			[]string{invariant.ID, invariant.Rule, result, strings.Join(figures, ", ")},
			[]string{"", "  by " + invariant.Checked, "", ""})
	}
	table(rows)
	for _, invariant := range report.Invariants {
		if invariant.OK {
			continue
		}
		fmt.Printf("\n%s is violated %d times:\n", invariant.ID, invariant.Violations)
		for _, offender := range invariant.Offenders {
			fmt.Printf("  %s: %s\n", offender.What, offender.Problem)
		}
		if more := invariant.Violations - len(invariant.Offenders); more > 0 {
			fmt.Printf("  and %d more\n", more)
		}
	}
	fmt.Printf("\nlooked for %.1f s\n", report.Seconds)
}
