// Package limits bounds what one caller can take of a process: requests a second, and requests in
// flight. Limits hold for each process alone: n instances together give n times as much.
package limits

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxKeys bounds the callers that are remembered. Beyond it some are forgotten, and their limits
// begin anew.
const maxKeys = 100_000

// Rate limits how often each caller does something: so many times a second, and a burst at once.
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

// NewRate makes a limit. Nothing is limited when perSecond is 0.
func NewRate(perSecond float64, burst int) *Rate {
	return &Rate{perSecond: rate.Limit(perSecond), burst: burst, callers: map[string]*caller{}}
}

// Allow counts one try of a caller, and tells whether it is within the limit; else how long it
// takes until one is.
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

// sweep forgets callers whose whole burst is there again: to forget them changes nothing. When
// there are too many all the same it forgets a tenth, so that the next callers cost no sweep each.
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

// Size is how many callers are remembered.
func (r *Rate) Size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.callers)
}

// InFlight limits how many requests of each caller are at work at once.
type InFlight struct {
	limit int

	mu      sync.Mutex
	callers map[string]int
}

// NewInFlight makes a limit. Nothing is limited when it is 0.
func NewInFlight(limit int) *InFlight { return &InFlight{limit: limit, callers: map[string]int{}} }

// Begin counts one of a caller's until done is called, and tells whether it is within the limit;
// done is nil when it is not.
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
