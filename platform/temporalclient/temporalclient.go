// Package temporalclient connects to Temporal by the TEMPORAL_* environment variables and
// configuration file, so that a local server, a cluster with mTLS and Temporal Cloud with an API
// key differ in settings only.
//
// Source: https://docs.temporal.io/develop/environment-configuration
package temporalclient

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"

	"github.com/ordersaga/ordersaga/platform/doctor"
)

const (
	// dialTimeout bounds the first contact: a start must stop, not hang.
	dialTimeout = 15 * time.Second
	// A connection that was idle for pingAfter is pinged, and closed when there is no answer within
	// pingTimeout, so that a broken connection is detected within 14 s. The server refuses pings
	// more often than every 10 s (its frontend.keepAliveMinTime).
	pingAfter, pingTimeout = 11 * time.Second, 3 * time.Second
)

// Dial connects and waits for the server's answer, at most 15 s. The converter encodes payloads;
// nil is the SDK's default. The client and its workers carry the caller's trace.
func Dial(ctx context.Context, payloads converter.DataConverter) (client.Client, error) {
	options, err := options()
	if err != nil {
		return nil, err
	}
	tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		// The default also carries baggage, into the headers of histories.
		TextMapPropagator: propagation.TraceContext{},
	})
	if err != nil {
		return nil, fmt.Errorf("tracing of Temporal calls: %w", err)
	}
	options.DataConverter = payloads
	options.Interceptors = append(options.Interceptors, interceptor.ClientInterceptor(tracing))
	options.MetricsHandler = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{})
	options.Logger = log.NewStructuredLogger(slog.Default())
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("no answer from Temporal at TEMPORAL_ADDRESS %s: %w", options.HostPort, err)
	}
	return c, nil
}

// options returns the client options of the environment.
func options() (client.Options, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return client.Options{}, fmt.Errorf("TEMPORAL_* settings: %w", err)
	}
	options.HostPort = cmp.Or(options.HostPort, client.DefaultHostPort)
	options.Namespace = cmp.Or(options.Namespace, client.DefaultNamespace)
	if doctor.Local(options.HostPort) {
		// By default requests and answers are compressed, on both sides.
		options.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	}
	options.ConnectionOptions.KeepAliveTime = pingAfter
	options.ConnectionOptions.KeepAliveTimeout = pingTimeout
	return options, nil
}

// Ready makes a check that the server answers.
func Ready(c client.Client) func(context.Context) error {
	return func(ctx context.Context) error {
		if _, err := c.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
			return fmt.Errorf("no answer from Temporal: %w", err)
		}
		return nil
	}
}

// HasSearchAttributes checks that the client's namespace has keyword search attributes of these
// names and that the server can use them, which takes a moment after their creation. The error
// names the first missing one.
func HasSearchAttributes(ctx context.Context, c client.Client, names ...string) error {
	// A query works on every kind of server and fails as a starting workflow would.
	for _, name := range names {
		_, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: name + " = 'none'"})
		if err != nil {
			return fmt.Errorf("search attribute %s (Keyword) of Temporal: %w", name, err)
		}
	}
	return nil
}
