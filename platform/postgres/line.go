package postgres

import (
	"context"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ordersaga/ordersaga/platform/postgres/outage"
)

// A connection whose packets are lost, without being closed, is detected
//
//   - by our kernel and by the server's: keepalives on idle connections, a bound for
//     unacknowledged data; within 15 s;
//   - where a proxy in between answers for the server: by a ping before an idle connection is used, by the deadline of each statement, and on the server by bounds for idle transactions and for sessions with a Lock.
const (
	keepaliveIdle     = 5 * time.Second
	keepaliveInterval = 3 * time.Second
	keepaliveCount    = 3
	// unacknowledged bounds the time that sent data may stay without an acknowledgement.
	unacknowledged = 15 * time.Second
)

// serverNotices returns the settings by which the server detects the same. They apply to TCP only;
// a session over a socket file ignores them.
func serverNotices() map[string]string {
	return map[string]string{
		"tcp_keepalives_idle":     strconv.Itoa(int(keepaliveIdle.Seconds())),
		"tcp_keepalives_interval": strconv.Itoa(int(keepaliveInterval.Seconds())),
		"tcp_keepalives_count":    strconv.Itoa(keepaliveCount),
		"tcp_user_timeout":        milliseconds(unacknowledged),
	}
}

// dial opens a connection to the server.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: keepaliveIdle, Interval: keepaliveInterval, Count: keepaliveCount},
		Control:         boundUnacknowledged,
	}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, &outage.LineError{Err: err}
	}
	return marked{conn}, nil
}

// pingIdle pings a connection that was idle, and resets the whole pool when it does not answer in
// time: all its connections have the same path, and a request would otherwise wait for each of them
// in turn. It is the pool's ShouldPing: it returns true for a closed connection, whose ping fails,
// so that the pool drops it.
func pingIdle(pool func() *pgxpool.Pool) func(context.Context, pgxpool.ShouldPingParams) bool {
	return func(ctx context.Context, idle pgxpool.ShouldPingParams) bool {
		if idle.IdleDuration <= time.Second {
			return false
		}
		if err := within(ctx, lineTimeout, idle.Conn.Ping); err != nil && ctx.Err() == nil {
			pool().Reset()
		}
		return idle.Conn.IsClosed()
	}
}

// marked is a connection whose errors are LineErrors, so that an unexpected EOF of the connection
// is not taken for that of a document.
type marked struct{ net.Conn }

func (m marked) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	return n, ofLine(err)
}

func (m marked) Write(b []byte) (int, error) {
	n, err := m.Conn.Write(b)
	return n, ofLine(err)
}

func ofLine(err error) error {
	if err == nil {
		return nil
	}
	return &outage.LineError{Err: err}
}
