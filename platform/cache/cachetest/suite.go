// Package cachetest is what every cache.Store must keep.
package cachetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/cache"
)

// Run runs the suite. Each call of open returns another instance's store of the same values; for a
// store within a process it is always the same one.
func Run(t *testing.T, open func(t *testing.T) cache.Store) {
	t.Run("what was loaded is kept", func(t *testing.T) {
		one, other := instances(t, open)
		l := &loader{value: "tea"}
		for range 3 {
			assert.Equal(t, "tea", get(t, one, "a", l.load))
			assert.Equal(t, "tea", get(t, other, "a", l.load))
		}
		assert.EqualValues(t, 1, l.loads.Load())
		assert.Equal(t, "tea", get(t, one, "b", l.load))
		assert.EqualValues(t, 2, l.loads.Load(), "another key")
	})
	t.Run("an invalidation makes every instance load anew", func(t *testing.T) {
		one, other := instances(t, open)
		get(t, one, "a", (&loader{value: "old"}).load)
		get(t, one, "b", (&loader{value: "kept"}).load)
		require.NoError(t, one.Invalidate(t.Context(), t.Name()+"a", "never seen"))
		assert.Equal(t, "new", get(t, other, "a", (&loader{value: "new"}).load))
		assert.Equal(t, "new", get(t, one, "a", (&loader{value: "newer"}).load), "the other's is kept")
		assert.Equal(t, "kept", get(t, other, "b", (&loader{value: "another"}).load))
	})
	t.Run("callers at once share one load", func(t *testing.T) {
		one, _ := instances(t, open)
		l := &loader{value: "tea", release: make(chan struct{})}
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() { assert.Equal(t, "tea", get(t, one, "a", l.load)) })
		}
		close(l.release)
		callers.Wait()
		assert.EqualValues(t, 1, l.loads.Load())
	})
	t.Run("a caller who goes away takes nobody's load with it", func(t *testing.T) {
		one, _ := instances(t, open)
		l := &loader{value: "tea", began: make(chan struct{}, 1), release: make(chan struct{})}
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := one.Get(ctx, t.Name()+"a", l.load)
			left <- err
		}()
		<-l.began
		leave()
		require.ErrorIs(t, <-left, context.Canceled)
		close(l.release)
		assert.Equal(t, "tea", get(t, one, "a", l.load))
		assert.EqualValues(t, 1, l.loads.Load())
	})
	t.Run("a load that began before an invalidation is neither kept nor joined", func(t *testing.T) {
		one, other := instances(t, open)
		late := &loader{value: "old", began: make(chan struct{}, 1), release: make(chan struct{})}
		answered := make(chan string, 1)
		go func() { answered <- get(t, one, "a", late.load) }()
		<-late.began
		require.NoError(t, other.Invalidate(t.Context(), t.Name()+"a"))
		assert.Equal(t, "new", get(t, one, "a", (&loader{value: "new"}).load), "it does not wait for the old load")
		close(late.release)
		assert.Equal(t, "old", <-answered, "it asked before the change")
		assert.Equal(t, "new", get(t, one, "a", (&loader{value: "newer"}).load))
		require.NoError(t, one.Invalidate(t.Context(), t.Name()+"a"))
		assert.Equal(t, "newest", get(t, other, "a", (&loader{value: "newest"}).load))
	})
	t.Run("an error and a panic are told to the callers and not kept", func(t *testing.T) {
		one, _ := instances(t, open)
		_, err := one.Get(t.Context(), t.Name()+"a", func(context.Context) (string, error) { return "", errors.New("no store") })
		require.EqualError(t, err, "no store")
		_, err = one.Get(t.Context(), t.Name()+"a", func(context.Context) (string, error) { panic("a bug") })
		require.ErrorContains(t, err, "a bug")
		assert.Equal(t, "tea", get(t, one, "a", (&loader{value: "tea"}).load))
	})
	t.Run("no answer is older than the last change that was taken over", func(t *testing.T) { race(t, open) })
}

// race has readers on two instances and writers that change what is loaded, invalidate it, and only
// then say that the change is taken over.
func race(t *testing.T, open func(t *testing.T) cache.Store) {
	one, other := instances(t, open)
	const keys, changes = 3, 150
	var truth, taken [keys]atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var readers, writers sync.WaitGroup
	var read atomic.Int64
	for i := range 8 {
		instance := []*cache.Cache[string]{one, other}[i%2]
		readers.Go(func() {
			for ctx.Err() == nil {
				k := rand.IntN(keys)
				least := taken[k].Load()
				got, err := instance.Get(ctx, "race-"+strconv.Itoa(k), func(context.Context) (string, error) {
					found := truth[k].Load()
					for range rand.IntN(300) {
						runtime.Gosched() // so that changes come between what is found and what is kept
					}
					return strconv.FormatInt(found, 10), nil
				})
				if err != nil {
					continue // the test has ended
				}
				read.Add(1)
				number, err := strconv.ParseInt(got, 10, 64)
				if !assert.NoError(t, err) || !assert.GreaterOrEqual(t, number, least, "key %d: an answer that is older than what was taken over", k) {
					return
				}
			}
		})
	}
	for k := range keys {
		instance := []*cache.Cache[string]{one, other}[k%2]
		writers.Go(func() {
			for version := int64(1); version <= changes; version++ {
				truth[k].Store(version)
				if !assert.NoError(t, instance.Invalidate(ctx, "race-"+strconv.Itoa(k))) {
					return
				}
				taken[k].Store(version)
				for seen := read.Load(); read.Load() < seen+3 && ctx.Err() == nil && !t.Failed(); {
					runtime.Gosched() // some reads between two changes
				}
			}
		})
	}
	writers.Wait()
	stop()
	readers.Wait()
	assert.GreaterOrEqual(t, read.Load(), int64(changes), "reads")
}

// instances are two of a program.
func instances(t *testing.T, open func(t *testing.T) cache.Store) (one, other *cache.Cache[string]) {
	return cache.New[string](t.Name(), open(t)), cache.New[string](t.Name(), open(t))
}

func get(t *testing.T, c *cache.Cache[string], key string, load func(context.Context) (string, error)) string {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	value, err := c.Get(ctx, t.Name()+key, load)
	assert.NoError(t, err)
	return value
}

// loader counts its loads and holds them until release is closed, if there is one.
type loader struct {
	value   string
	loads   atomic.Int64
	began   chan struct{}
	release chan struct{}
}

func (l *loader) load(context.Context) (string, error) {
	l.loads.Add(1)
	if l.began != nil {
		l.began <- struct{}{}
	}
	if l.release != nil {
		<-l.release
	}
	return l.value, nil
}
