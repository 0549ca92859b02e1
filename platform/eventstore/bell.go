package eventstore

import (
	"sync"
)

// bell wakes all listeners. It only shortens waiting: a listener that misses it polls.
type bell struct {
	mu   sync.Mutex
	rung chan struct{}
}

func newBell() *bell { return &bell{rung: make(chan struct{})} }

// listen returns a channel that closes at the next ring. Call it before looking for events, so that
// a ring after the look is not missed.
func (b *bell) listen() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rung
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.rung)
	b.rung = make(chan struct{})
}
