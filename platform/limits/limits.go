// Package limits bounds the requests of one caller in a process: per second, and in flight. Each
// process has its own limits: n instances allow n times as much.
package limits

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxKeys bounds the callers in memory. Above it some are dropped, and their limits start again.
const maxKeys = 100_000

// Rate limits the requests of each caller: a number per second, and a burst.
type Rate struct {
	perSecond rate.Limit
	burst     int

	mu      sync.Mutex
	callers map[string]*caller
	swept   time.Time
}

type caller struct {
	limiter *rate.Limiter
	last    time.Time
}

// NewRate makes a limit. There is no limit when perSecond is 0.
func NewRate(perSecond float64, burst int) *Rate {
	return &Rate{perSecond: rate.Limit(perSecond), burst: burst, callers: map[string]*caller{}}
}

// Allow counts one request of a caller and reports whether it is within the limit; if not,
// retryAfter is the time until one is.
func (r *Rate) Allow(key string) (retryAfter time.Duration, ok bool) {
	if r.perSecond == 0 {
		return 0, true
	}
	now := time.Now()
	reservation := r.limiter(key, now).ReserveN(now, 1)
	if delay := reservation.DelayFrom(now); delay > 0 {
		reservation.CancelAt(now)
		return delay, false
	}
	return 0, true
}

func (r *Rate) limiter(key string, now time.Time) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep(now)
	known := r.callers[key]
	if known == nil {
		known = &caller{limiter: rate.NewLimiter(r.perSecond, r.burst)}
		r.callers[key] = known
	}
	known.last = now
	return known.limiter
}

// sweep drops callers whose burst is full again, which does not change their limits. When there are
// still too many it drops a tenth of them, so that not every further caller needs a sweep.
func (r *Rate) sweep(now time.Time) {
	full := time.Duration(float64(r.burst) / float64(r.perSecond) * float64(time.Second))
	crowded := len(r.callers) >= maxKeys
	if !crowded && now.Sub(r.swept) < max(full, time.Second) {
		return
	}
	r.swept = now
	for key, known := range r.callers {
		if now.Sub(known.last) > full {
			delete(r.callers, key)
		}
	}
	for key := range r.callers {
		if !crowded || len(r.callers) <= maxKeys-maxKeys/10 {
			return
		}
		delete(r.callers, key)
	}
}

// Size returns the number of callers in memory.
func (r *Rate) Size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.callers)
}

// InFlight limits the requests of each caller that run at one time.
type InFlight struct {
	limit int

	mu      sync.Mutex
	callers map[string]int
}

// NewInFlight makes a limit. There is no limit when it is 0.
func NewInFlight(limit int) *InFlight { return &InFlight{limit: limit, callers: map[string]int{}} }

// Begin counts a request of a caller until done is called, and reports whether it is within the
// limit; done is nil when it is not.
func (f *InFlight) Begin(key string) (done func(), ok bool) {
	if f.limit == 0 {
		return func() {}, true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.callers[key] >= f.limit {
		return nil, false
	}
	f.callers[key]++
	return sync.OnceFunc(func() { f.end(key) }), true
}

func (f *InFlight) end(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.callers[key]--; f.callers[key] == 0 {
		delete(f.callers, key)
	}
}
