package rest_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// Whoever chooses labels chooses how much memory the metrics take.
func TestNoClientChoosesTheSeriesOfMetrics(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	before := otel.GetMeterProvider()
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	t.Cleanup(func() { otel.SetMeterProvider(before) })
	w := newWorld(t)
	token := w.shopper()

	// One of each first, so that what comes then can only add what a client made up.
	paths := []string{"/v1/orders", "/v1/orders/%s", "/v1/orders?x=%s", "/%s", "/docs/%s", "/v1/orders/%s/%s", "/livez%s"}
	ask := func(round int) {
		word := fmt.Sprintf("w%d", rand.Uint64())
		for i, path := range paths {
			if i > 0 {
				path = fmt.Sprintf(path+"%.0s", word, word)
			}
			for _, method := range []string{"GET", "POST", "DELETE", fmt.Sprintf("FOO%d", round)} {
				l := w.dial()
				l.say(fmt.Sprintf("%s %s HTTP/1.%d\r\nHost: %s.example.com:%d\r\nUser-Agent: %s\r\nX-Forwarded-Proto: %s\r\n"+
					"Authorization: Bearer %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
					method, path, round%2, word, 1+rand.IntN(65535), word, word, token))
				_, err := io.ReadAll(l.reader)
				require.NoError(t, err)
			}
		}
	}
	ask(0)
	first := labels(t, reader)
	for round := range 20 {
		ask(round + 1)
	}
	assert.Equal(t, first, labels(t, reader), "labels that nobody but us has chosen")
	assert.Less(t, len(first), 100)
}

// labels are those of all series of this package, by metric.
func labels(t *testing.T, reader sdkmetric.Reader) map[string]int {
	t.Helper()
	var collected metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &collected))
	series := map[string]int{}
	count := func(name string, set attribute.Set) {
		series[name+" "+set.Encoded(attribute.DefaultEncoder())]++
	}
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, point := range data.DataPoints {
					count(m.Name, point.Attributes)
				}
			case metricdata.Histogram[int64]:
				for _, point := range data.DataPoints {
					count(m.Name, point.Attributes)
				}
			}
		}
	}
	require.NotEmpty(t, series)
	return series
}
