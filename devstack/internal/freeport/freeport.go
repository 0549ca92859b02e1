// Package freeport finds ports that nobody listens on.
package freeport

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
)

// Ports lie below those that the kernel gives to outgoing connections (from 32768
// on Linux). Engines take seconds to bind theirs; of the kernel's, any connection
// may take one meanwhile.
const (
	first = 21_300
	count = 6_600
)

// next goes up from a place of this process's own, so that devstacks that start at
// once are rarely after the same ports.
var next atomic.Uint32

func init() { next.Store(rand.Uint32N(count)) }

// Listen holds a free port of the host until the listener is closed.
func Listen(host string) (net.Listener, error) {
	var last error
	for range count {
		port := first + int(next.Add(1)%count)
		listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err == nil {
			return listener, nil
		}
		last = err
	}
	return nil, fmt.Errorf("no free port between %d and %d: %w", first, first+count, last)
}
