package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
)

// shutdownGrace is the part of Drain that is kept for a forced close.
const shutdownGrace = time.Second

// HTTP serves on server.Addr. When stopped it accepts no new connections, waits for open requests,
// and closes the rest at the end of its Drain. The setting is the variable that sets the port, for
// the message when the port is in use; by default PORT.
func HTTP(name string, server *http.Server, setting ...string) Component {
	return Component{Name: name, Drain: DefaultDrain, Run: func(ctx context.Context) error {
		listener, err := listen(ctx, server.Addr, settingOr("PORT", setting))
		if err != nil {
			return err
		}
		return ServeHTTP(ctx, name, server, listener)
	}}
}

// ServeHTTP is HTTP's Run on the caller's listener.
func ServeHTTP(ctx context.Context, name string, server *http.Server, listener net.Listener) error {
	draining := make(chan struct{})
	server.BaseContext = func(net.Listener) context.Context {
		// A stop does not cancel requests; long ones can watch Draining.
		return context.WithValue(context.WithoutCancel(ctx), drainingKey{}, (<-chan struct{})(draining))
	}
	if server.ErrorLog == nil {
		server.ErrorLog = slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	slog.Info("listening", "component", name, "address", listener.Addr().String())
	select {
	case err := <-served:
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	close(draining)
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), DefaultDrain-shutdownGrace)
	defer cancel()
	if err := server.Shutdown(deadline); err != nil {
		return errors.Join(fmt.Errorf("open requests did not finish: %w", err), server.Close())
	}
	return nil
}

type drainingKey struct{}

// Draining returns a channel that is closed when the server of a request's context stops. A handler
// that streams without end returns then; otherwise it is cut off at the end of the drain. Without
// such a server the channel is nil and never closes.
func Draining(ctx context.Context) <-chan struct{} {
	draining, _ := ctx.Value(drainingKey{}).(<-chan struct{})
	return draining
}

// GRPC serves on addr. When stopped it waits for open calls and cancels the rest at the end of its
// Drain. The setting is the variable that sets the port; by default GRPC_PORT.
func GRPC(name string, server *grpc.Server, addr string, setting ...string) Component {
	return Component{Name: name, Drain: DefaultDrain, Run: func(ctx context.Context) error {
		listener, err := listen(ctx, addr, settingOr("GRPC_PORT", setting))
		if err != nil {
			return err
		}
		return ServeGRPC(ctx, name, server, listener)
	}}
}

// ServeGRPC is GRPC's Run on the caller's listener.
func ServeGRPC(ctx context.Context, name string, server *grpc.Server, listener net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	slog.Info("listening", "component", name, "address", listener.Addr().String())
	select {
	case err := <-served:
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	force := time.AfterFunc(DefaultDrain-shutdownGrace, server.Stop)
	defer force.Stop()
	server.GracefulStop()
	return nil
}

func settingOr(fallback string, setting []string) string {
	if len(setting) > 0 {
		return strings.Join(setting, " or ")
	}
	return fallback
}

func listen(ctx context.Context, addr, setting string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another program: set %s to a free port", addr, setting)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("no permission to listen on %s: set %s to a port above 1023", addr, setting)
	case err != nil:
		return nil, fmt.Errorf("listen on %s (HOST or ADMIN_HOST, %s): %w", addr, setting, err)
	}
	return listener, nil
}
