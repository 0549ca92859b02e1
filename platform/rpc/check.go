package rpc

import (
	"context"
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/ordersaga/ordersaga/platform/doctor"
)

// Check makes a check that a service answers at an address. The setting is the variable with the
// address.
func Check(setting, addr string) doctor.Check {
	return doctor.Check{Subject: setting, Encrypted: func() error { return dialsEncrypted(addr) }, Try: func(ctx context.Context) (string, error) {
		connection, err := Dial(addr, nil)
		if err != nil {
			return "", err
		}
		defer connection.Close()
		ctx, cancel := context.WithTimeout(ctx, DefaultTimeout)
		defer cancel()
		// For a name that does not resolve gRPC's error is only "no child to pick".
		if host, _, err := net.SplitHostPort(addr); err == nil {
			if _, err := net.DefaultResolver.LookupHost(ctx, host); err != nil {
				return "", err
			}
		}
		answer, err := grpc_health_v1.NewHealthClient(connection).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
		if err != nil {
			return "", fmt.Errorf("no answer from the service at %s%s: %w", addr, encryption(), err)
		}
		if answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			return "", fmt.Errorf("the service at %s answers that it is %s", addr, answer.GetStatus())
		}
		return addr + " serves" + encryption(), nil
	}}
}

// CheckServer makes a check of the TLS settings of our gRPC server.
func CheckServer(settings ServerSettings, addr string) doctor.Check {
	return doctor.Check{Subject: "GRPC_TLS_CERT", Encrypted: func() error {
		if settings.Certificate != "" || doctor.Local(addr) {
			return nil
		}
		return fmt.Errorf("and GRPC_TLS_KEY must be set: gRPC listens on %s, which other machines can reach", addr)
	}, Try: func(context.Context) (string, error) {
		if _, err := settings.credentials(); err != nil {
			return "", err
		}
		if settings.Certificate == "" {
			return "our gRPC server uses plain text", nil
		}
		return "our gRPC server uses TLS", nil
	}}
}

// dialsEncrypted fails for calls to another machine without TLS.
func dialsEncrypted(addr string) error {
	if os.Getenv("GRPC_TLS_CA") != "" || doctor.Local(addr) {
		return nil
	}
	return fmt.Errorf("is called in plain text: set GRPC_TLS_CA, %s is not this machine", addr)
}

// encryption describes how we connect: a call without an answer usually has TLS on one side only.
func encryption() string {
	if os.Getenv("GRPC_TLS_CA") == "" {
		return " in plain text (GRPC_TLS_CA is not set)"
	}
	return " over TLS (GRPC_TLS_CA is set)"
}
