// Package localonly protects the engines from DNS rebinding: a web page can send requests to a name
// of its own domain that then resolves to this machine, and read the answers. The Host header has
// that name, so names other than this machine's are refused.
package localonly

import (
	"fmt"
	"net"
	"net/http"
	"strings"
)

// Handler refuses requests for other hosts than this machine with 421: names other than localhost
// (RFC 6761), and, while the engines are on loopback, addresses other than loopback's. Addresses
// cannot be rebound.
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
