// Package netfault puts a line with faults between a test and an engine: it can be cut, mended,
// slowed down, narrowed and silenced while the test runs.
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

// Line is a TCP proxy on loopback in front of one engine.
type Line struct {
	t     testing.TB
	proxy *toxiproxy.Proxy
	relay *relay
	url   string
}

// New makes a line, already working, in front of the engine of a URL. It goes away with the test.
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

// URL is the engine's URL by way of the line.
func (l *Line) URL() string { return l.url }

// Cut breaks all connections and refuses new ones, as a stopped engine does.
func (l *Line) Cut() { l.proxy.Stop() }

// Mend lets connections through, on the same port as before.
func (l *Line) Mend() {
	l.t.Helper()
	if err := l.proxy.Start(); err != nil {
		l.t.Fatalf("start the line to %s: %v", l.proxy.Upstream, err)
	}
}

// Slow delays everything that comes back from the engine.
func (l *Line) Slow(milliseconds int) {
	l.t.Helper()
	l.add("slow", fmt.Sprintf(`{"type":"latency","stream":"downstream","attributes":{"latency":%d}}`, milliseconds))
}

// Narrow lets so many KiB a second through to the engine.
func (l *Line) Narrow(kibibytes int) {
	l.t.Helper()
	l.add("narrow", fmt.Sprintf(`{"type":"bandwidth","stream":"upstream","attributes":{"rate":%d}}`, kibibytes))
}

// Silence swallows everything in both directions without closing a connection, as a machine that
// lost its power or a firewall that forgot its connections does. The engine does not hear of it
// either when this side gives its connections up.
func (l *Line) Silence() { l.relay.silence() }

// Forget silences the connections there are, for ever, and lets new ones through: a machine that
// lost its power, and another that took its address over.
func (l *Line) Forget() { l.relay.forget() }

// Heal takes all faults but a cut away. Silenced connections break.
func (l *Line) Heal() {
	l.relay.heal()
	l.proxy.Toxics.ResetToxics(context.Background())
}

func (l *Line) add(name, toxic string) {
	l.t.Helper()
	toxic = strings.Replace(toxic, "{", `{"name":"`+name+`",`, 1)
	if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		l.t.Fatalf("make the line %s: %v", name, err)
	}
}
