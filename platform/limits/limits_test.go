package limits_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/limits"
)

func TestEachCallerHasItsOwnRate(t *testing.T) {
	r := limits.NewRate(0.001, 3)
	for range 3 {
		_, ok := r.Allow("ann")
		require.True(t, ok)
	}
	wait, ok := r.Allow("ann")
	assert.False(t, ok, "the burst is used up")
	assert.InDelta(t, 1000, wait.Seconds(), 10, "until the next one")
	again, _ := r.Allow("ann")
	assert.InDelta(t, wait.Seconds(), again.Seconds(), 10, "who is refused does not wait longer for it")
	_, ok = r.Allow("bob")
	assert.True(t, ok)
}

func TestTheCallersThatAreRememberedAreBounded(t *testing.T) {
	r := limits.NewRate(0.001, 1)
	for i := range 150_000 {
		r.Allow(strconv.Itoa(i))
	}
	assert.LessOrEqual(t, r.Size(), 100_000)
}

func TestNoLimitIsNone(t *testing.T) {
	r, f := limits.NewRate(0, 0), limits.NewInFlight(0)
	for range 100 {
		_, ok := r.Allow("ann")
		require.True(t, ok)
		_, ok = f.Begin("ann")
		require.True(t, ok)
	}
	assert.Zero(t, r.Size())
}

func TestNobodyHasMoreInFlightThanAllowed(t *testing.T) {
	f := limits.NewInFlight(4)
	var now, most, refused atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			done, ok := f.Begin("ann")
			if !ok {
				refused.Add(1)
				return
			}
			at := now.Add(1)
			for before := most.Load(); at > before && !most.CompareAndSwap(before, at); before = most.Load() {
			}
			now.Add(-1)
			done()
			done() // once is enough
		})
	}
	all.Wait()
	assert.LessOrEqual(t, most.Load(), int64(4))

	var ends []func()
	for range 4 {
		done, ok := f.Begin("ann")
		require.True(t, ok, "all that had begun has ended")
		ends = append(ends, done)
	}
	_, ok := f.Begin("ann")
	assert.False(t, ok)
	_, ok = f.Begin("bob")
	assert.True(t, ok)
	ends[0]()
	_, ok = f.Begin("ann")
	assert.True(t, ok)
}
