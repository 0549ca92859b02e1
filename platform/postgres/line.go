package postgres

import (
	"context"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ordersaga/ordersaga/platform/postgres/outage"
)

// A line on which packets vanish, without an end of the connection, is noticed
//
//   - by our kernel and by the server's: keepalives on what is idle, a bound for
//     what is not acknowledged; within 15 s;
//   - where a proxy in between answers for the other side: by a ping before a
//     connection that was idle is used, by the deadline of what is asked, and on
//     the server by bounds for idle transactions and for sessions with a Lock.
const (
	keepaliveIdle     = 5 * time.Second
	keepaliveInterval = 3 * time.Second
	keepaliveCount    = 3
	// unacknowledged is how long what was sent may go without an acknowledgement.
	unacknowledged = 15 * time.Second
)

// serverNotices are the settings by which the server notices the same of us. They concern TCP
// alone; a session by a socket file ignores them.
func serverNotices() map[string]string {
	return map[string]string{
		"tcp_keepalives_idle":     strconv.Itoa(int(keepaliveIdle.Seconds())),
		"tcp_keepalives_interval": strconv.Itoa(int(keepaliveInterval.Seconds())),
		"tcp_keepalives_count":    strconv.Itoa(keepaliveCount),
		"tcp_user_timeout":        milliseconds(unacknowledged),
	}
}

// dial opens a line to the server.
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

// pingIdle pings connections that were idle, and when one does not answer in time gives all up:
// their line is the same, and to find that out one by one would take a request as many times as
// long. It is the pool's ShouldPing, and tells it to ping, in vain, the connection that is to be
// thrown away.
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

// marked is a connection whose errors say that they are the line's, so that the unexpected end of
// what the server sends is not taken for that of a document.
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
