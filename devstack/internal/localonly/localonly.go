// Package localonly keeps the web pages of others away from the engines. Any page that a browser
// shows can send it to a name of the page's own, and have that name mean this machine a moment
// later (DNS rebinding): then the page reads the answers. The name is in the Host header, so a name
// that is not this machine's is refused.
package localonly

import (
	"fmt"
	"net"
	"net/http"
	"strings"
)

// Handler refuses requests for other hosts than this machine with 421: names other than localhost
// (RFC 6761), and, while the engines are on loopback, addresses other than loopback's. Addresses as
// such are harmless.
func Handler(loopback bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allowed(r.Host, loopback) {
			http.Error(w, fmt.Sprintf("%.100q is not this machine: ask for localhost", r.Host), http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func allowed(host string, loopback bool) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil {
		return ip.IsLoopback() || !loopback
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
