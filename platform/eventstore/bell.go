package eventstore

import (
	"context"
	"sync"
	"time"
)

// bell wakes everybody who listens. It only makes waiting shorter: who misses it polls.
type bell struct {
	mu   sync.Mutex
	rung chan struct{}
}

func newBell() *bell { return &bell{rung: make(chan struct{})} }

// listen gives a channel that closes at the next ring. Listen first, look then: so nothing that is
// rung after the look is missed.
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

func waitFor(ctx context.Context, heard <-chan struct{}, most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-heard:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// backoff doubles its pause from idlePoll to backoffMax until it is reset.
type backoff struct{ next time.Duration }

func (b *backoff) reset() { b.next = 0 }

func (b *backoff) wait(ctx context.Context) {
	b.next = min(max(2*b.next, idlePoll), backoffMax)
	waitFor(ctx, nil, b.next)
}
