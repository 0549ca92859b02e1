package activities

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"google.golang.org/grpc"

	"github.com/ordersaga/ordersaga/platform/refusal"
)

const (
	// slowAfter is the time from which a local try counts as slow: it holds a workflow task, which a
	// provider that takes seconds would hold for all orders.
	slowAfter = 800 * time.Millisecond
	// slowInARow is how many local tries in a row must be slow or fail before there are none. A busy
	// worker makes some of them slow; regular activities would only give it more to do.
	slowInARow = 10
	// regularFor is how long calls are regular activities then.
	regularFor = 15 * time.Second
)

// errNotLocal is the answer to a local try that is not made; a regular activity follows.
var errNotLocal = errors.New("it is not tried locally now")

// LocalTries decides whether a call of a provider outside is tried as a local activity first. A
// regular activity costs a saga more than all its other calls together, but a local one holds a
// workflow task while the provider works. So after ten local tries in a row that were slow or
// failed, calls are regular for 15 s. A saga's history has the answer of each local try, so nothing of this has to be
// deterministic.
type LocalTries struct {
	off bool

	mu    sync.Mutex
	slow  int       // local tries in a row
	until time.Time // no local tries before
}

// NewLocalTries makes the decision of one worker; off: never.
func NewLocalTries(on bool) *LocalTries { return &LocalTries{off: !on} }

func (l *LocalTries) allowed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.off && !time.Now().Before(l.until)
}

// ended takes into account how a local try went. A refusal is an answer.
func (l *LocalTries) ended(took time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, refused := refusal.As(err); took < slowAfter && (err == nil || refused) {
		l.slow = 0
		return
	}
	if l.slow++; l.slow >= slowInARow {
		l.slow, l.until = 0, time.Now().Add(regularFor)
	}
}

// through makes a method whose local tries are made only while they are allowed.
func through[Request, Response any](
	l *LocalTries, method func(context.Context, *Request, ...grpc.CallOption) (*Response, error),
) func(context.Context, *Request, ...grpc.CallOption) (*Response, error) {
	return func(ctx context.Context, in *Request, options ...grpc.CallOption) (*Response, error) {
		if !activity.GetInfo(ctx).IsLocalActivity {
			return method(ctx, in, options...)
		}
		if !l.allowed() {
			return nil, errNotLocal
		}
		began := time.Now()
		out, err := method(ctx, in, options...)
		l.ended(time.Since(began), err)
		return out, err
	}
}
