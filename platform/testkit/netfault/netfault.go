// Package netfault has a proxy between a test and an engine that can cut, delay and silence
// connections while the test runs.
package netfault

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// Line is a TCP proxy on loopback for one engine.
type Line struct {
	t     testing.TB
	proxy *toxiproxy.Proxy
	relay *relay
	url   string
}

// New starts a proxy for the engine of a URL. It stops at the end of the test.
func New(t testing.TB, engineURL string) *Line {
	t.Helper()
	parsed, err := url.Parse(engineURL)
	if err != nil {
		t.Fatalf("engine URL: %v", err)
	}
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	relay := startRelay(t, parsed.Host)
	l := &Line{t: t, relay: relay, proxy: toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", relay.listener.Addr().String())}
	l.Mend()
	t.Cleanup(l.Cut)
	parsed.Host = l.proxy.Listen
	l.url = parsed.String()
	return l
}

// URL returns the engine's URL through the proxy.
func (l *Line) URL() string { return l.url }

// Cut breaks all connections and refuses new ones, as a stopped engine does.
func (l *Line) Cut() { l.proxy.Stop() }

// Mend accepts connections again, on the same port.
func (l *Line) Mend() {
	l.t.Helper()
	if err := l.proxy.Start(); err != nil {
		l.t.Fatalf("start the line to %s: %v", l.proxy.Upstream, err)
	}
}

// Slow delays the data that the engine sends.
func (l *Line) Slow(milliseconds int) {
	l.t.Helper()
	toxic := fmt.Sprintf(`{"name":"slow","type":"latency","stream":"downstream","attributes":{"latency":%d}}`, milliseconds)
	if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		l.t.Fatalf("make the line slow: %v", err)
	}
}

// Silence stops the data in both directions without closing connections, as a machine without power
// or a firewall that dropped its connections does. The engine does not notice when this side closes
// its connections.
func (l *Line) Silence() { l.relay.silence() }

// Forget silences the open connections for ever and accepts new ones: as when a machine lost its
// power and another took over its address.
func (l *Line) Forget() { l.relay.forget() }

// Heal removes all faults except for a cut. Silenced connections are closed.
func (l *Line) Heal() {
	l.relay.heal()
	l.proxy.Toxics.ResetToxics(context.Background())
}
