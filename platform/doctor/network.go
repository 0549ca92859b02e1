package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"syscall"
)

// Listen checks that an address can be listened on: "127.0.0.1:8080".
func Listen(subject, address string) Check {
	return Check{Subject: subject, Try: func(ctx context.Context) (string, error) {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			return "", fmt.Errorf("%s is in use by another program", address)
		case err != nil:
			return "", fmt.Errorf("cannot listen on %s: %w", address, err)
		}
		return address + " is free", listener.Close()
	}}
}

// Collector checks that a collector listens at OTEL_EXPORTER_OTLP_ENDPOINT. If not, it is only a
// remark: traces are optional.
func Collector(endpoint string) Check {
	return Check{Subject: "OTEL_EXPORTER_OTLP_ENDPOINT", Try: func(ctx context.Context) (string, error) {
		if endpoint == "" {
			return "traces are not sent", nil
		}
		target, err := url.Parse(endpoint)
		if err != nil || target.Hostname() == "" {
			return "", errors.New("it must be a URL like http://collector:4318")
		}
		port := target.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[target.Scheme]
		}
		address := net.JoinHostPort(target.Hostname(), port)
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err != nil {
			return "", Remark(fmt.Sprintf("no collector answers there: traces are lost, orders continue: %v", err))
		}
		return "a collector listens at " + address, connection.Close()
	}}
}
