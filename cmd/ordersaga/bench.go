package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/ordersaga/ordersaga/client"
)

type benchCommands struct {
	Orders benchOrders `cmd:"" help:"Place orders on the development stack, in turns with workflows that do nothing, and say what an order costs; its limits have to be off (RATE_LIMIT_PER_SECOND=0)."`
	Lists  benchLists  `cmd:"" help:"Read pages of the list of orders and say how many a second are answered; orders has to run without a limit (RATE_LIMIT_PER_SECOND=0)."`
}

type benchLists struct {
	caller
	For     time.Duration `help:"How long to measure." default:"10s" placeholder:"DURATION"`
	Callers int           `help:"Requests at once." default:"8"`
	Limit   int           `help:"Orders on a page." default:"20"`
}

// deepest page that is read: callers go from the head of the list down to it, and begin again.
const deepest = 50

// Run is called by kong.
func (c *benchLists) Run(a *addresses) error {
	if c.Callers < 1 || c.Callers > 256 || c.For <= 0 {
		return usage{fmt.Errorf("--callers must be 1 to 256 and --for more than 0, not %d and %s", c.Callers, c.For)}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Each caller has a session of its own, as a program would, and tries once: a page that was
	// waited for because of a limit would be measured as a slow one. Its first page is not measured:
	// it fetches the token and opens the connection.
	readers := make([]pageReader, c.Callers)
	for i := range readers {
		s, err := a.sessionOf(c.caller, 1)
		if err != nil {
			return err
		}
		if _, err := s.OrderPage(ctx, client.OrderFilter{}, client.PageRequest{Limit: c.Limit}); err != nil {
			return err
		}
		readers[i].client = s.Client
	}
	began := time.Now()
	measuring, cancel := context.WithTimeout(ctx, c.For)
	defer cancel()
	var all sync.WaitGroup
	for i := range readers {
		all.Go(func() { readers[i].read(measuring, c.Limit) })
	}
	all.Wait()
	took := time.Since(began)
	var times []time.Duration
	var orders int
	for _, r := range readers {
		if r.err != nil {
			return notLimited(r.err)
		}
		times, orders = append(times, r.times...), orders+r.orders
	}
	if len(times) == 0 {
		return fmt.Errorf("no page was answered within %s", c.For)
	}
	slices.Sort(times)
	table([][]string{
		{"PAGES", "A SECOND", "ORDERS A PAGE", "P50", "P95", "P99", "CALLERS"},
		{
			fmt.Sprint(len(times)), fmt.Sprintf("%.1f", float64(len(times))/took.Seconds()),
			fmt.Sprintf("%.1f", float64(orders)/float64(len(times))),
			milliseconds(times, 50), milliseconds(times, 95), milliseconds(times, 99), fmt.Sprint(c.Callers),
		},
	})
	return nil
}

// notLimited explains an error that says that requests are limited.
func notLimited(err error) error {
	var refused *client.Problem
	if errors.As(err, &refused) && refused.Status == http.StatusTooManyRequests {
		return fmt.Errorf("orders limits requests, so this would measure its limit: start it with RATE_LIMIT_PER_SECOND=0: %w", err)
	}
	return err
}

// pageReader is a caller, and what it was answered.
type pageReader struct {
	client *client.Client
	times  []time.Duration
	orders int
	err    error
}

func (r *pageReader) read(ctx context.Context, limit int) {
	next := ""
	for page := 0; ctx.Err() == nil; page++ {
		if page == deepest || next == "" {
			page, next = 0, ""
		}
		began := time.Now()
		answer, err := r.client.OrderPage(ctx, client.OrderFilter{}, client.PageRequest{Limit: limit, Cursor: next})
		if ctx.Err() != nil {
			return // the last request was cut off
		}
		if err != nil {
			r.err = err
			return
		}
		r.times, r.orders, next = append(r.times, time.Since(began)), r.orders+len(answer.Items), answer.Next
	}
}

func milliseconds(sorted []time.Duration, percent int) string {
	return fmt.Sprintf("%.1f ms", float64(sorted[(len(sorted)-1)*percent/100].Microseconds())/1000)
}
