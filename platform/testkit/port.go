package testkit

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// Ports of programs started by tests are below the kernel's range for outgoing connections (from
// 32768 on Linux), where any connection may take a port before the program starts.
//
// A test program reserves whole blocks of ports: it listens on the first port of a block until it
// ends, and gives out the others, each once. So two test programs never give out the same port.
// devstack's package freeport uses the same blocks.
const (
	firstPort = 21_300
	blockSize = 44
	blocks    = 150
)

var portBlock struct {
	sync.Mutex
	owners []net.Listener // never closed: they end with the process
	next   int            // the next port to give out
	end    int            // the first port after the block
}

// FreePort returns a free loopback port that no other test gets.
func FreePort(t testing.TB) int {
	t.Helper()
	portBlock.Lock()
	defer portBlock.Unlock()
	for {
		for portBlock.next < portBlock.end {
			port := portBlock.next
			portBlock.next++
			if listener, err := listen(port); err == nil {
				listener.Close()
				return port
			}
		}
		if !takeBlock() {
			t.Fatalf("no free port between %d and %d", firstPort, firstPort+blocks*blockSize)
		}
	}
}

func takeBlock() bool {
	start := rand.IntN(blocks)
	for i := range blocks {
		first := firstPort + (start+i)%blocks*blockSize
		if owner, err := listen(first); err == nil {
			portBlock.owners = append(portBlock.owners, owner)
			portBlock.next, portBlock.end = first+1, first+blockSize
			return true
		}
	}
	return false
}

func listen(port int) (net.Listener, error) {
	return net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
}
