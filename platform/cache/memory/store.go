// Package memory keeps values in the process. An invalidation reaches this process only, so it is
// for a program of which one instance runs; with several an answer may be as old as the lifetime.
package memory

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/ordersaga/ordersaga/platform/cache"
)

// Store implements cache.Store.
type Store struct {
	values *otter.Cache[string, []byte]

	// claims are the open ones. The mutex makes a put and an invalidation of a key follow each
	// other; a value that is there is got without it.
	mu     sync.Mutex
	claims *otter.Cache[string, uint64]
	last   uint64
}

// maxClaims is how many keys can be loaded at once; a load of one more is not kept.
const maxClaims = 10_000

// New makes a store of at most so many bytes, keys included, that keeps each value for a time.
func New(bytes uint64, lifetime time.Duration) *Store {
	return &Store{
		values: otter.Must(&otter.Options[string, []byte]{
			MaximumWeight:    bytes,
			Weigher:          func(key string, value []byte) uint32 { return uint32(len(key) + len(value)) },
			ExpiryCalculator: otter.ExpiryWriting[string, []byte](lifetime),
		}),
		claims: otter.Must(&otter.Options[string, uint64]{MaximumSize: maxClaims}),
	}
}

var _ cache.Store = (*Store)(nil)

// Get implements cache.Store.
func (s *Store) Get(_ context.Context, key string) ([]byte, cache.Claim, error) {
	if value, found := s.values.GetIfPresent(key); found {
		return value, cache.Claim{}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	claim, open := s.claims.GetIfPresent(key)
	if !open {
		s.last++
		claim = s.last
		s.claims.Set(key, claim)
	}
	return nil, cache.Claim{Generation: strconv.FormatUint(claim, 10)}, nil
}

// Put implements cache.Store.
func (s *Store) Put(_ context.Context, key string, value []byte, claim cache.Claim) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if open, is := s.claims.GetIfPresent(key); is && strconv.FormatUint(open, 10) == claim.Generation {
		s.values.Set(key, value)
	}
	return nil
}

// Invalidate implements cache.Store.
func (s *Store) Invalidate(_ context.Context, keys ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		s.claims.Invalidate(key)
		s.values.Invalidate(key)
	}
	return nil
}
