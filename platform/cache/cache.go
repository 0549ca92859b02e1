// Package cache keeps what is read often, so that it need not be loaded each time. What it answers
// is never older than the last invalidation that has returned: a change is written where it is
// loaded from, then invalidated, and only then counts as taken over.
package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Store is where values are kept, by key, for a while. cachetest is the suite that each must pass.
// It may lose a value at any time. An error means that it did not answer, within a moment.
type Store interface {
	// Get returns a value, or nil and the claim with which the caller may put what it loads from
	// now on.
	Get(ctx context.Context, key string) (value []byte, claim Claim, err error)
	// Put keeps a value, unless the key was invalidated since the claim was given.
	Put(ctx context.Context, key string, value []byte, claim Claim) error
	// Invalidate returns when no value that was put, or loaded, before the call can be got any
	// more, from any instance. When the store does not answer it waits until such values have run
	// out. It fails only with the context.
	Invalidate(ctx context.Context, keys ...string) error
}

// Claim is the right to put a value.
type Claim struct {
	// Generation changes with each invalidation of the key.
	Generation string
	// Since is when the claim was given, by the clock of the store.
	Since time.Time
}

// ErrAway means that a store did not answer a moment ago and was not asked again.
var ErrAway = errors.New("the cache does not answer")

// Cache reads values of a type through a store. Nil is no cache: everything is loaded.
type Cache[T any] struct {
	name    string
	store   Store
	flights flights[T]
}

// New makes a cache. The name is a label of its metrics. Without a store it is nil.
func New[T any](name string, store Store) *Cache[T] {
	if store == nil {
		return nil
	}
	return &Cache[T]{name: name, store: store, flights: flights[T]{running: map[string]*flight[T]{}}}
}

// loadTimeout of one load, which does not end with the caller who began it: others wait for it.
const loadTimeout = 10 * time.Second

// Get returns the value of a key, which is loaded when the store does not have it. Callers who need
// the same value at the same time share one load. A store that is away only costs the loads. Errors
// of load are returned to all who shared it and are not kept.
func (c *Cache[T]) Get(ctx context.Context, key string, load func(context.Context) (T, error)) (T, error) {
	if c == nil {
		return load(ctx)
	}
	value, claim, err := c.look(ctx, key)
	if value != nil {
		return *value, nil
	}
	// A load that began before an invalidation has another generation: nobody joins it afterwards.
	return c.flights.join(ctx, key+"\x00"+claim.Generation, func() (T, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		if err == nil {
			// Another flight may have ended since the caller looked.
			var again *T
			if again, claim, err = c.peek(ctx, key); again != nil {
				return *again, nil
			}
		}
		loaded, failed := load(ctx)
		if failed == nil && err == nil {
			c.keep(ctx, key, loaded, claim)
		}
		return loaded, failed
	})
}

// Invalidate makes later calls of Get load the keys anew; see Store.Invalidate.
func (c *Cache[T]) Invalidate(ctx context.Context, keys ...string) error {
	if c == nil || len(keys) == 0 {
		return nil
	}
	if err := c.store.Invalidate(ctx, keys...); err != nil {
		return fmt.Errorf("invalidate %d keys of the cache %s: %w", len(keys), c.name, err)
	}
	return nil
}

// look is peek, counted.
func (c *Cache[T]) look(ctx context.Context, key string) (*T, Claim, error) {
	value, claim, err := c.peek(ctx, key)
	switch {
	case value != nil:
		count(ctx, c.name, "hit")
	case err != nil:
		count(ctx, c.name, "away")
	default:
		count(ctx, c.name, "miss")
	}
	return value, claim, err
}

func (c *Cache[T]) peek(ctx context.Context, key string) (*T, Claim, error) {
	raw, claim, err := c.store.Get(ctx, key)
	if err != nil || raw == nil {
		return nil, claim, err
	}
	value := new(T)
	if err := json.Unmarshal(raw, value); err != nil {
		// Another build's: it runs out.
		return nil, Claim{}, fmt.Errorf("read %s of the cache %s: %w", key, c.name, err)
	}
	return value, claim, nil
}

// keep what was loaded. A failure costs the next caller a load.
func (c *Cache[T]) keep(ctx context.Context, key string, value T, claim Claim) {
	if raw, err := json.Marshal(value); err == nil {
		_ = c.store.Put(ctx, key, raw, claim)
	}
}
