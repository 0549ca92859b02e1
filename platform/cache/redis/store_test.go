package redis_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/cache"
	"github.com/ordersaga/ordersaga/platform/cache/cachetest"
	"github.com/ordersaga/ordersaga/platform/cache/redis"
	"github.com/ordersaga/ordersaga/platform/testkit"
	"github.com/ordersaga/ordersaga/platform/testkit/netfault"
)

func open(t *testing.T, url, prefix string, lifetime time.Duration) *redis.Store {
	t.Helper()
	store, err := redis.New(url, prefix, lifetime)
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func TestTheStoreInRedis(t *testing.T) {
	server := testkit.StartRedis(t)
	prefix := uuid.NewString() + ":"
	cachetest.Run(t, func(t *testing.T) cache.Store { return open(t, server.URL(), prefix, 30*time.Second) })
}

// source is what is loaded from.
type source struct {
	value atomic.Int64
	loads atomic.Int64
}

func (s *source) load(context.Context) (int64, error) {
	s.loads.Add(1)
	return s.value.Load(), nil
}

func read(t *testing.T, c *cache.Cache[int64], s *source) int64 {
	t.Helper()
	value, err := c.Get(t.Context(), "a", s.load)
	require.NoError(t, err, "a cache that is away is no error")
	return value
}

// keepsAgain waits until reads are answered without a load.
func keepsAgain(t *testing.T, c *cache.Cache[int64], s *source) {
	t.Helper()
	testkit.Eventually(t, "the cache to keep values", func() bool {
		read(t, c, s)
		before := s.loads.Load()
		read(t, c, s)
		return s.loads.Load() == before
	})
}

func TestAServerThatIsAwayCostsSpeedOnly(t *testing.T) {
	server := testkit.StartRedis(t)
	c := cache.New[int64](t.Name(), open(t, server.URL(), "away:", time.Second))
	s := &source{}
	keepsAgain(t, c, s)

	server.Kill()
	began := time.Now()
	for i := range 100 {
		s.value.Store(int64(i))
		read(t, c, s)
	}
	assert.Less(t, time.Since(began), 20*time.Second, "each read would wait for the server")
	require.NoError(t, c.Invalidate(t.Context(), "a"), "it ends when nothing old can be there any more")
	s.value.Store(-1)
	assert.EqualValues(t, -1, read(t, c, s))

	server.Start()
	keepsAgain(t, c, s)
}

// The server stands still with everything it had, and goes on with what it was sent meanwhile.
func TestAServerThatStoodStillHasNothingOld(t *testing.T) {
	server := testkit.StartRedis(t)
	writer := cache.New[int64]("writer", open(t, server.URL(), "pause:", time.Second))
	reader := cache.New[int64]("reader", open(t, server.URL(), "pause:", time.Second))
	s := &source{}
	keepsAgain(t, reader, s)

	server.Pause()
	t.Cleanup(server.Resume)
	s.value.Store(1)
	require.NoError(t, writer.Invalidate(t.Context(), "a"))
	server.Resume()
	assert.EqualValues(t, 1, read(t, reader, s))
	keepsAgain(t, reader, s)
}

// Who takes over the change does not reach the server; another instance does, and reads there.
func TestAnInstanceThatIsCutOffLeavesNothingOldToTheOthers(t *testing.T) {
	server := testkit.StartRedis(t)
	line := netfault.New(t, server.URL())
	writer := cache.New[int64]("writer", open(t, line.URL(), "cut:", time.Second))
	reader := cache.New[int64]("reader", open(t, server.URL(), "cut:", time.Second))
	s := &source{}
	keepsAgain(t, reader, s)
	keepsAgain(t, writer, s)

	for _, name := range []string{"silent", "cut"} {
		if name == "silent" {
			line.Silence()
		} else {
			line.Cut()
		}
		version := s.value.Add(1)
		reading, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { // so that the reader puts values all the time
			defer close(done)
			for reading.Err() == nil {
				_, _ = reader.Get(reading, "a", s.load)
			}
		}()
		require.NoError(t, writer.Invalidate(t.Context(), "a"), name)
		assert.Equal(t, version, read(t, reader, s), name)
		stop()
		<-done
	}
}

func TestAURLThatIsNoneIsRefusedWithoutItsPassword(t *testing.T) {
	_, err := redis.New("http://user:hush@host", "x:", time.Second)
	require.ErrorContains(t, err, "rediss://")
	assert.NotContains(t, err.Error(), "hush")
}
