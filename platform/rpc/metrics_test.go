package rpc_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/ordersaga/ordersaga/platform/auth/authtest"
)

// A method that is none has no series: its name is chosen by the caller, who needs no token for it.
func TestNoCallerChoosesTheSeriesOfMetrics(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	before := otel.GetMeterProvider()
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	t.Cleanup(func() { otel.SetMeterProvider(before) })
	served := serve(t, authtest.New(t), nil, func(context.Context) error { return nil })
	// A client without our measurements, which would add series of their own.
	otel.SetMeterProvider(before)
	unauthenticated, err := grpc.NewClient(served.Target(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { unauthenticated.Close() })

	_, err = grpc_health_v1.NewHealthClient(unauthenticated).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	for i := range 20 {
		for _, method := range []string{"/made.up%d/Method", "/grpc.health.v1.Health/Check%d", "/grpc.reflection.v1.ServerReflection%d/Made"} {
			err := unauthenticated.Invoke(t.Context(), fmt.Sprintf(method, i), &grpc_health_v1.HealthCheckRequest{}, &grpc_health_v1.HealthCheckResponse{})
			require.Equal(t, codes.Unimplemented, status.Code(err), "%v", err)
		}
	}

	var collected metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &collected))
	methods := map[string]bool{}
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			if data, ok := m.Data.(metricdata.Histogram[float64]); ok {
				for _, point := range data.DataPoints {
					method, _ := point.Attributes.Value(attribute.Key("rpc.method"))
					methods[method.AsString()] = true
				}
			}
		}
	}
	assert.Equal(t, map[string]bool{"grpc.health.v1.Health/Check": true}, methods)
}
