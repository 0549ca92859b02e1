package memory_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/cache"
	"github.com/ordersaga/ordersaga/platform/cache/cachetest"
	"github.com/ordersaga/ordersaga/platform/cache/memory"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

func TestTheStoreInTheProcess(t *testing.T) {
	store := memory.New(1<<20, time.Minute)
	cachetest.Run(t, func(*testing.T) cache.Store { return store })
}

func TestItHoldsNoMoreThanItMay(t *testing.T) {
	store := memory.New(100<<10, time.Minute)
	kept := func() (n int) {
		for i := range 1000 {
			value, _, err := store.Get(t.Context(), strconv.Itoa(i))
			require.NoError(t, err)
			if value != nil {
				n++
			}
		}
		return n
	}
	for i := range 1000 {
		key := strconv.Itoa(i)
		_, claim, err := store.Get(t.Context(), key)
		require.NoError(t, err)
		require.NoError(t, store.Put(t.Context(), key, []byte(strings.Repeat("x", 1<<10)), claim))
	}
	testkit.Eventually(t, "the least read to go", func() bool { return kept() <= 100 })
	assert.Positive(t, kept())
}

func TestAValueRunsOut(t *testing.T) {
	store := memory.New(1<<20, 100*time.Millisecond)
	_, claim, err := store.Get(t.Context(), "a")
	require.NoError(t, err)
	require.NoError(t, store.Put(t.Context(), "a", []byte("tea"), claim))
	testkit.Eventually(t, "the value to run out", func() bool {
		value, _, err := store.Get(t.Context(), "a")
		require.NoError(t, err)
		return value == nil
	})
}
