package testkit

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
)

// Ports of programs that a test starts lie below those that the kernel gives to
// outgoing connections (from 32768 on Linux): there, any connection may take a
// port between its choice and the program's start.
const (
	firstPort = 21_300
	ports     = 6_600
)

// nextPort goes up from a place of this process's own, so that test programs that
// run at once are rarely after the same ports.
var nextPort atomic.Uint32

func init() { nextPort.Store(rand.Uint32N(ports)) }

// FreePort is a loopback port that nobody listens on.
func FreePort(t testing.TB) int {
	t.Helper()
	for range ports {
		port := firstPort + int(nextPort.Add(1)%ports)
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			listener.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}
