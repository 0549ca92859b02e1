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
	"syscall"
	"time"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/shop"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/verify"
)

type verifyCommand struct {
	JSON   bool          `help:"Print the report as JSON." name:"json"`
	Settle time.Duration `help:"How long open orders and events on their way may take to come to their end." default:"60s" placeholder:"DURATION"`
}

// Run is called by kong.
func (c *verifyCommand) Run(a *addresses) error {
	if c.Settle < 0 {
		return usage{fmt.Errorf("--settle must not be negative, not %s", c.Settle)}
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
		printReport(os.Stdout, report)
	}
	if !report.OK {
		return answered{exitNo}
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
