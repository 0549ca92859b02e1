package doctor

import (
	"errors"
	"fmt"
	"net"
	"strings"
)

// Unencrypted returns an error with a line for each check whose connection would be without TLS.
func Unencrypted(checks []Check) error {
	var problems []error
	for _, check := range checks {
		if check.Encrypted == nil {
			continue
		}
		if err := check.Encrypted(); err != nil {
			problems = append(problems, fmt.Errorf("%s %w; ORDERSAGA_ENV=development allows plain text", check.Subject, err))
		}
	}
	return errors.Join(problems...)
}

// Local reports whether a host, with or without a port, is this machine. Names are not resolved.
func Local(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil {
		return ip.IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
