package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v5"

	"github.com/ordersaga/ordersaga/platform/lifecycle"
	"github.com/ordersaga/ordersaga/platform/program"
)

func main() { program.Main(program.Program[settings]{Name: "paysim", Run: run}) }

// run serves until ctx ends, then finishes the requests it has begun.
func run(ctx context.Context, set settings) (err error) {
	books, err := OpenBooks(set.Data, set.Slow, set.KeyLifetime)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, books.Close()) }()
	deferred, err := startDeferred(books, set.Slow)
	if err != nil {
		return err
	}
	defer deferred.stop()

	s := &server{books: books, deferred: deferred, metrics: newMetrics(), slow: set.Slow}
	return lifecycle.Run(ctx, lifecycle.Component{
		Name: "rest", Drain: set.Slow + 15*time.Second,
		Run: func(ctx context.Context) error {
			return serve(ctx, set.AdminAddress(), s.handler(set.APIKey.Reveal()), set.Slow)
		},
	})
}

func serve(ctx context.Context, address string, handler http.Handler, slow time.Duration) error {
	err := echo.StartConfig{
		Address:    address,
		HideBanner: true,
		HidePort:   true,
		ListenerAddrFunc: func(at net.Addr) {
			slog.Info("paysim is ready", "address", at.String(), "slow", slow.String())
		},
		GracefulTimeout: slow + 10*time.Second,
		BeforeServeFunc: func(s *http.Server) error {
			s.ReadHeaderTimeout = 5 * time.Second
			// The read deadline runs on while a handler works and would cancel the context of a
			// slow one.
			s.ReadTimeout = slow + 30*time.Second
			s.WriteTimeout = slow + 30*time.Second
			s.IdleTimeout = 2 * time.Minute
			return nil
		},
	}.Start(ctx, handler)
	if err != nil {
		return fmt.Errorf("serve on %s: %w", address, err)
	}
	slog.Info("paysim has stopped")
	return nil
}
