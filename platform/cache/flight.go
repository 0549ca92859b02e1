package cache

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// joinable is how old a load may be that another caller joins. With a store that is away, a change
// counts as taken over a second later at the least (Store.Invalidate), so that nobody is given what
// was loaded before it.
const joinable = time.Second / 2

// flights are the loads that run, by key and generation.
type flights[T any] struct {
	mu      sync.Mutex
	running map[string]*flight[T]
}

type flight[T any] struct {
	began time.Time
	done  chan struct{} // closed when value and err are set
	value T
	err   error
}

// join waits for the load of a key that runs, or for one that it begins.
func (f *flights[T]) join(ctx context.Context, key string, load func() (T, error)) (T, error) {
	f.mu.Lock()
	running := f.running[key]
	if running == nil || time.Since(running.began) > joinable {
		running = &flight[T]{began: time.Now(), done: make(chan struct{})}
		f.running[key] = running
		go f.run(key, running, load)
	}
	f.mu.Unlock()
	select {
	case <-running.done:
		return running.value, running.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (f *flights[T]) run(key string, running *flight[T], load func() (T, error)) {
	defer func() {
		if panicked := recover(); panicked != nil {
			running.err = fmt.Errorf("load %q: panic: %v", key, panicked)
		}
		f.mu.Lock()
		if f.running[key] == running {
			delete(f.running, key)
		}
		f.mu.Unlock()
		close(running.done)
	}()
	running.value, running.err = load()
}
