package rpc

import (
	"context"
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/ordersaga/ordersaga/platform/doctor"
)

// Check tells whether a service of ours answers at an address. The setting names
// the variable that holds it.
func Check(setting, addr string) doctor.Check {
	return doctor.Check{Subject: setting, Try: func(ctx context.Context) (string, error) {
		connection, err := Dial(addr, nil)
		if err != nil {
			return "", err
		}
		defer connection.Close()
		ctx, cancel := context.WithTimeout(ctx, DefaultTimeout)
		defer cancel()
		// gRPC says of a name that does not resolve that there is "no child to pick".
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
			return "", fmt.Errorf("the service at %s says that it is %s", addr, answer.GetStatus())
		}
		return addr + " serves" + encryption(), nil
	}}
}

// encryption says how we speak: what one side sets and the other does not is the
// usual reason for silence.
func encryption() string {
	if os.Getenv("GRPC_TLS_CA") == "" {
		return " in plain text (GRPC_TLS_CA is not set)"
	}
	return " over TLS (GRPC_TLS_CA is set)"
}
