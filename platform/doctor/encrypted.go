package doctor

import (
	"errors"
	"fmt"
	"net"
	"strings"
)

// Unencrypted names, a line each, the checks of what a program would speak with in the clear over a
// network.
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

// Local tells whether a host, with or without a port, is this machine: nothing that is sent there
// leaves it. Names are not looked up.
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
