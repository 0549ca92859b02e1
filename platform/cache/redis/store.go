// Package redis keeps values in a Redis server, for all instances of a program.
package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/ordersaga/ordersaga/platform/cache"
)

const (
	// readTimeout of a Get or a Put: a load takes a few milliseconds, so waiting longer is no gain.
	readTimeout = 100 * time.Millisecond
	// dialTimeout and writeTimeout of an invalidation, which is worth waiting for.
	dialTimeout, writeTimeout = 250 * time.Millisecond, 500 * time.Millisecond
	// awayFor is how long a server that did not answer is not asked for values.
	awayFor = 500 * time.Millisecond
	// retryEvery is the pause between tries of an invalidation.
	retryEvery = 200 * time.Millisecond
	// claimFor is how long a claim is good, above any load.
	claimFor = time.Minute
	// margin for clocks that do not run alike.
	margin = 200 * time.Millisecond
	// maxKeys of one round trip.
	maxKeys = 500
)

// Store implements cache.Store. A value is kept for a bounded time since its load began, by the
// clock of the server. Thereby an invalidation also ends when the server does not answer: after
// that time nothing old can be there, whatever this instance could not tell the server.
type Store struct {
	client   *redis.Client
	prefix   string
	lifetime time.Duration
	// awayUntil in Unix nanoseconds; 0 while the server answers.
	awayUntil atomic.Int64
}

// New makes a store on the server of a URL and opens no connection yet. All keys begin with the
// prefix.
func New(url, prefix string, lifetime time.Duration) (*Store, error) {
	options, err := Options(url)
	if err != nil {
		return nil, err
	}
	redis.SetLogger(silent{}) // it would tell of each failed dial; the store tells of the first
	return &Store{client: redis.NewClient(options), prefix: prefix, lifetime: lifetime}, nil
}

// Options of a client for a URL. Retries are left to the store.
func Options(url string) (*redis.Options, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("must be a URL like rediss://user:password@host:6379") // without the URL, which has a password
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = dialTimeout, writeTimeout, writeTimeout
	options.PoolTimeout = readTimeout
	options.ContextTimeoutEnabled = true
	options.MaxRetries = -1
	options.DialerRetries = 1
	options.DisableIdentity = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return options, nil
}

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// Close ends the connections.
func (s *Store) Close() error { return s.client.Close() }

var _ cache.Store = (*Store)(nil)

// A value and the generation of its key. The braces put both into one slot of a cluster.
func (s *Store) value(key string) string      { return s.prefix + "{" + key + "}" }
func (s *Store) generation(key string) string { return s.prefix + "{" + key + "}:generation" }

// get answers the value, or the generation, which it makes when there is none, and the time in
// milliseconds. A generation is never used twice, so a server that has forgotten one refuses the
// claims that were made with it.
var get = redis.NewScript(`
	local value = redis.call('GET', KEYS[1])
	if value then return {value} end
	local generation = redis.call('GET', KEYS[2])
	if not generation then
		generation = ARGV[1]
		redis.call('SET', KEYS[2], generation, 'PX', ARGV[2])
	end
	local now = redis.call('TIME')
	return {false, generation, now[1] * 1000 + math.floor(now[2] / 1000)}`)

// put keeps a value for what is left of its time, if the generation is the claim's.
var put = redis.NewScript(`
	if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 0 end
	local now = redis.call('TIME')
	local left = ARGV[3] + ARGV[4] - (now[1] * 1000 + math.floor(now[2] / 1000))
	if left < 1 then return 0 end
	redis.call('SET', KEYS[1], ARGV[1], 'PX', left)
	return 1`)

// Get implements cache.Store.
func (s *Store) Get(ctx context.Context, key string) ([]byte, cache.Claim, error) {
	if time.Now().UnixNano() < s.awayUntil.Load() {
		return nil, cache.Claim{}, cache.ErrAway
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	answer, err := get.Run(ctx, s.client, []string{s.value(key), s.generation(key)}, uuid.NewString(), claimFor.Milliseconds()).Slice()
	if s.noteAnswer(ctx, err); err != nil {
		return nil, cache.Claim{}, fmt.Errorf("ask Redis for %s: %w", key, err)
	}
	if value, found := answer[0].(string); found {
		return []byte(value), cache.Claim{}, nil
	}
	generation, _ := answer[1].(string)
	since, _ := answer[2].(int64)
	return nil, cache.Claim{Generation: generation, Since: time.UnixMilli(since)}, nil
}

// Put implements cache.Store.
func (s *Store) Put(ctx context.Context, key string, value []byte, claim cache.Claim) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	err := put.Run(ctx, s.client, []string{s.value(key), s.generation(key)},
		value, claim.Generation, claim.Since.UnixMilli(), s.lifetime.Milliseconds()).Err()
	if s.noteAnswer(ctx, err); err != nil {
		return fmt.Errorf("give %s to Redis: %w", key, err)
	}
	return nil
}

// Invalidate implements cache.Store.
func (s *Store) Invalidate(ctx context.Context, keys ...string) error {
	ranOut := time.Now().Add(s.lifetime + margin)
	for {
		err := s.remove(ctx, keys)
		if err == nil {
			return nil
		}
		left := time.Until(ranOut)
		if left <= 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w, while Redis does not answer: %w", ctx.Err(), err)
		case <-time.After(min(left, retryEvery)):
		}
	}
}

func (s *Store) remove(ctx context.Context, keys []string) error {
	for some := range slices.Chunk(keys, maxKeys) {
		if err := s.removeSome(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) removeSome(ctx context.Context, keys []string) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	pipe := s.client.Pipeline()
	for _, key := range keys {
		pipe.Del(ctx, s.value(key), s.generation(key))
	}
	_, err := pipe.Exec(ctx)
	s.noteAnswer(ctx, err)
	return err
}

// noteAnswer remembers whether the server answers, and logs when that changes.
func (s *Store) noteAnswer(ctx context.Context, err error) {
	var refused redis.Error
	switch {
	case err == nil:
		if s.awayUntil.Swap(0) != 0 {
			slog.InfoContext(ctx, "the cache answers again")
		}
	case errors.Is(err, context.Canceled): // the caller's
	default:
		// What the server refuses (a password, no memory) is as good as no answer.
		if s.awayUntil.Swap(time.Now().Add(awayFor).UnixNano()) == 0 {
			slog.WarnContext(ctx, "the cache does not answer; reads go on without it", "error", err, "refused", errors.As(err, &refused))
		}
	}
}

// Describe says which server answers, for a check.
func Describe(ctx context.Context, url string) (string, error) {
	options, err := Options(url)
	if err != nil {
		return "", err
	}
	options.ReadTimeout, options.DialTimeout = 5*time.Second, 5*time.Second
	client := redis.NewClient(options)
	defer client.Close()
	key := "ordersaga-check:" + uuid.NewString()
	if err := client.Set(ctx, key, strconv.FormatInt(time.Now().Unix(), 10), time.Minute).Err(); err != nil {
		return "", fmt.Errorf("write to Redis: %w", err)
	}
	if err := client.Del(ctx, key).Err(); err != nil {
		return "", fmt.Errorf("remove from Redis: %w", err)
	}
	info, err := client.InfoMap(ctx, "server").Result()
	if err != nil {
		return "a Redis that takes writes", nil // INFO may be forbidden
	}
	return "Redis " + info["Server"]["redis_version"], nil
}
