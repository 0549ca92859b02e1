// Package freeport finds free ports.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"syscall"
)

// The ports are below the kernel's range for outgoing connections (from 32768 on Linux), where any
// connection may take a port before an engine listens on it, which takes seconds.
//
// A process reserves whole blocks of ports: it listens on the first port of a block until it ends,
// and gives out the others, each once. So two devstacks never give out the same port. The tests'
// package testkit uses the same blocks.
const (
	first     = 21_300
	blockSize = 44
	blocks    = 150
)

var block struct {
	sync.Mutex
	owners []net.Listener // never closed: they end with the process
	next   int            // the next port to give out
	end    int            // the first port after the block
}

// Listen holds a free port of the host until the listener is closed.
func Listen(host string) (net.Listener, error) {
	block.Lock()
	defer block.Unlock()
	for {
		for block.next < block.end {
			port := block.next
			block.next++
			listener, err := listen(host, port)
			if err == nil || !errors.Is(err, syscall.EADDRINUSE) {
				return listener, err
			}
		}
		if err := takeBlock(); err != nil {
			return nil, err
		}
	}
}

func takeBlock() error {
	var last error
	start := rand.IntN(blocks)
	for i := range blocks {
		from := first + (start+i)%blocks*blockSize
		owner, err := listen("127.0.0.1", from)
		if err != nil {
			last = err
			continue
		}
		block.owners = append(block.owners, owner)
		block.next, block.end = from+1, from+blockSize
		return nil
	}
	return fmt.Errorf("no free port between %d and %d: %w", first, first+blocks*blockSize, last)
}

func listen(host string, port int) (net.Listener, error) {
	return net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
}
