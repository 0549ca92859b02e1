package broker

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ordersaga/ordersaga/platform/pause"
)

// link keeps one connection up: it connects, waits for the loss, and connects again. The client
// library's own recovery is experimental and re-declares from memory; this one connects each time
// as it did the first time.
type link struct {
	url, purpose string
	stop         context.CancelFunc
	done         chan struct{}

	mu      sync.Mutex
	current *connection
	reason  error
	changed chan struct{} // closed and replaced at each change
}

func newLink(ctx context.Context, url, purpose string) *link {
	ctx, stop := context.WithCancel(ctx)
	l := &link{
		url: url, purpose: purpose, stop: stop,
		done: make(chan struct{}), changed: make(chan struct{}), reason: fmt.Errorf("%w: not connected yet", ErrDisconnected),
	}
	go l.keep(ctx)
	return l
}

func (l *link) keep(ctx context.Context) {
	defer close(l.done)
	defer l.set(nil, ErrClosed)
	wait := pause.Growing(firstPause, longestPause)
	logged := ""
	for ctx.Err() == nil {
		connection, err := dial(ctx, l.url, l.purpose)
		if err != nil {
			l.set(nil, fmt.Errorf("%w: %w", ErrDisconnected, err))
			if ctx.Err() == nil && err.Error() != logged {
				logged = err.Error()
				slog.WarnContext(ctx, "no connection to the broker, trying again", "connection", l.purpose, "error", err)
			}
			_ = pause.For(ctx, wait.NextBackOff(), nil)
			continue
		}
		since := time.Now()
		slog.InfoContext(ctx, "broker connected", "connection", l.purpose)
		logged = ""
		l.set(connection, nil)
		select {
		case <-ctx.Done():
			l.set(nil, ErrClosed)
			connection.close()
			return
		case loss := <-connection.lost:
			err = fmt.Errorf("%w: connection lost", ErrDisconnected)
			if loss != nil {
				err = fmt.Errorf("%w: connection lost: %w", ErrDisconnected, loss)
			}
			l.set(nil, err)
			slog.WarnContext(ctx, "broker connection lost, connecting again", "connection", l.purpose, "error", err)
		}
		// The pause keeps growing while the server accepts connections and drops them at once.
		if time.Since(since) > wait.MaxInterval {
			wait.Reset()
		}
		_ = pause.For(ctx, wait.NextBackOff(), nil)
	}
}

func (l *link) set(current *connection, reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.current, l.reason = current, reason
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *link) state() (current *connection, changed <-chan struct{}, reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current, l.changed, l.reason
}

// connected returns the connection, or an error with the reason why there is none.
func (l *link) connected() (*connection, error) {
	current, _, reason := l.state()
	return current, reason
}

// await waits for a connection until ctx ends or the link is closed. The error is the last reason
// why there is none.
func (l *link) await(ctx context.Context) (*connection, error) {
	for {
		current, changed, reason := l.state()
		if current != nil {
			return current, nil
		}
		select {
		case <-l.done:
			return nil, ErrClosed
		case <-ctx.Done():
			return nil, reason
		case <-changed:
		}
	}
}

func (l *link) close() {
	l.stop()
	<-l.done
}
