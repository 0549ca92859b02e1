package dev

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/supervisor"
	"github.com/ordersaga/ordersaga/platform/pause"
)

const (
	askEvery = 50 * time.Millisecond
	tellWait = 10 * time.Second
)

// await waits until the child is ready, and prints every 10 s what it waits for. It fails after the
// patience, or when the child crashed too often.
func (r *run) await(ctx context.Context, child *supervisor.Child, patience time.Duration, crashes int, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began, told := time.Now(), time.Now()
	for {
		missing := ready(ctx)
		if missing == nil {
			return nil
		}
		if count, last := child.Crashes(); count >= crashes {
			return fmt.Errorf("%w\nits log is %s", last, r.supervisor.LogFile(child.Name()))
		}
		if time.Since(told) >= tellWait {
			told = time.Now()
			r.terminal.print(fmt.Sprintf("  %-12s %-8s %8s  %v\n", child.Name(), "waiting", seconds(began), missing))
		}
		err := pause.For(ctx, askEvery, nil)
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("%s is not ready after %s: %w\nits log is %s", child.Name(), patience, missing, r.supervisor.LogFile(child.Name()))
		}
		if err != nil {
			return err
		}
	}
}

var probe = &http.Client{Timeout: 3 * time.Second}

// Answers makes a check that the URL answers 200.
func Answers(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := probe.Do(request)
		if err != nil {
			return errors.New("it does not answer yet")
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("it is not ready: %s", strings.TrimSpace(string(body)))
		}
		return nil
	}
}

// AwaitReady waits until the URL answers 200.
func AwaitReady(ctx context.Context, url string, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ready := Answers(url)
	for missing := ready(ctx); missing != nil; missing = ready(ctx) {
		if pause.For(ctx, 2*askEvery, nil) != nil {
			return fmt.Errorf("not ready after %s: %w", patience, missing)
		}
	}
	return nil
}
