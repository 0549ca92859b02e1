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

// shutdownGrace is what is left of Drain for closing by force.
const shutdownGrace = time.Second

// HTTP serves on server.Addr. When stopped it takes no new connections, lets the requests in hand
// finish, and after its Drain closes what is left. The setting names the variable that sets the
// port, for the message when it is taken; by default PORT.
func HTTP(name string, server *http.Server, setting ...string) Component {
	return Component{Name: name, Drain: DefaultDrain, Run: func(ctx context.Context) error {
		listener, err := listen(ctx, server.Addr, settingOr("PORT", setting))
		if err != nil {
			return err
		}
		return ServeHTTP(ctx, name, server, listener)
	}}
}

// ServeHTTP is HTTP's Run on a listener of the caller's.
func ServeHTTP(ctx context.Context, name string, server *http.Server, listener net.Listener) error {
	draining := make(chan struct{})
	server.BaseContext = func(net.Listener) context.Context {
		// Requests outlive the order to stop, but long ones can ask for it.
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
		return errors.Join(fmt.Errorf("requests in hand did not finish: %w", err), server.Close())
	}
	return nil
}

type drainingKey struct{}

// Draining is closed when the server of a request's context has been told to stop. A handler that
// streams without end returns then, or it would be cut off when the drain is over. Without such a
// server it is nil: never closed.
func Draining(ctx context.Context) <-chan struct{} {
	draining, _ := ctx.Value(drainingKey{}).(<-chan struct{})
	return draining
}

// GRPC serves on addr. When stopped it lets the calls in hand finish, and after its Drain cancels
// what is left. The setting names the variable that sets the port; by default GRPC_PORT.
func GRPC(name string, server *grpc.Server, addr string, setting ...string) Component {
	return Component{Name: name, Drain: DefaultDrain, Run: func(ctx context.Context) error {
		listener, err := listen(ctx, addr, settingOr("GRPC_PORT", setting))
		if err != nil {
			return err
		}
		return ServeGRPC(ctx, name, server, listener)
	}}
}

// ServeGRPC is GRPC's Run on a listener of the caller's.
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
		return nil, fmt.Errorf("%s is taken by another program: set %s to a free port", addr, setting)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s may not be listened on: set %s to a port above 1023", addr, setting)
	case err != nil:
		return nil, fmt.Errorf("listen on %s (HOST or ADMIN_HOST, %s): %w", addr, setting, err)
	}
	return listener, nil
}
