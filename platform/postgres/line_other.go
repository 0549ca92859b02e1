//go:build !linux

package postgres

import "syscall"

// boundUnacknowledged does nothing: other systems close such a connection themselves, later.
func boundUnacknowledged(string, string, syscall.RawConn) error { return nil }
