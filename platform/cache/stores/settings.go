// Package stores opens the cache that a program's settings ask for.
package stores

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/ordersaga/ordersaga/platform/cache"
	"github.com/ordersaga/ordersaga/platform/cache/memory"
	"github.com/ordersaga/ordersaga/platform/cache/redis"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/doctor"
)

// Settings say where what is read often is kept.
type Settings struct {
	URL      config.Secret `env:"REDIS_URL" desc:"a Redis server like rediss://user:password@host:6379, whose cache all instances share; without it each has its own, in its process"`
	Lifetime time.Duration `env:"CACHE_LIFETIME" envDefault:"5s" desc:"how long a value is kept at most, 1s to 10s; while Redis is away, changes are taken over that much later"`
	MiB      int           `env:"CACHE_MIB" envDefault:"16" desc:"MiB of the cache in the process, 0 to 4096; 0 is none, as is right for several instances without REDIS_URL"`
}

// Validate checks what the types of the fields do not.
func (s Settings) Validate() error {
	var problems []error
	if s.URL != "" {
		if _, err := redis.Options(s.URL.Reveal()); err != nil {
			problems = append(problems, fmt.Errorf("REDIS_URL %w", err))
		}
	}
	if s.Lifetime < time.Second || s.Lifetime > 10*time.Second {
		problems = append(problems, fmt.Errorf("CACHE_LIFETIME must be between 1s and 10s, not %s", s.Lifetime))
	}
	if s.MiB < 0 || s.MiB > 4096 {
		problems = append(problems, fmt.Errorf("CACHE_MIB must be between 0 and 4096, not %d", s.MiB))
	}
	return errors.Join(problems...)
}

// Open opens the store of a cache with a name; nil when there is to be none. Close ends it.
func (s Settings) Open(name string) (store cache.Store, closeStore func(), err error) {
	switch {
	case s.URL != "":
		opened, err := redis.New(s.URL.Reveal(), "ordersaga:"+name+":", s.Lifetime)
		if err != nil {
			return nil, nil, fmt.Errorf("REDIS_URL %w", err)
		}
		return opened, func() { _ = opened.Close() }, nil
	case s.MiB > 0:
		return memory.New(uint64(s.MiB)<<20, s.Lifetime), func() {}, nil
	default:
		return nil, func() {}, nil
	}
}

// Checks are what must be true of the settings. A server that is away costs speed only, but who
// names one wants to know.
func (s Settings) Checks() []doctor.Check {
	if s.URL == "" {
		return nil
	}
	return []doctor.Check{{
		Subject: "REDIS_URL", Encrypted: s.encrypted,
		Try: func(ctx context.Context) (string, error) { return redis.Describe(ctx, s.URL.Reveal()) },
	}}
}

func (s Settings) encrypted() error {
	parsed, err := url.Parse(s.URL.Reveal())
	if err != nil || parsed.Scheme == "rediss" || parsed.Scheme == "unix" {
		return nil
	}
	if doctor.Local(parsed.Host) {
		return nil
	}
	return errors.New("is called in plain text: begin it with rediss://, or name this machine")
}
