package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrLockLost is the cause of a context that ended because its lock was lost.
var ErrLockLost = errors.New("the session that held the lock is lost")

const (
	// lockPoll is how often a process looks whether a lock has become free.
	lockPoll = time.Second
	// lifeSign is how often a holder shows the server that it lives.
	lifeSign = 2 * time.Second
	// lineTimeout bounds what an idle server answers at once: a longer silence is that of the line.
	lineTimeout = 4 * time.Second
	// lockSilence is how long the server waits for a sign of life. It is above lifeSign +
	// lineTimeout: a holder that is cut off knows it, and has stopped, before the server gives the
	// lock to another.
	lockSilence = 10 * time.Second
)

// Lock is an advisory lock of a database that one process holds at a time. It is lost with the
// session that took it, which ends
//
//   - at once when the process dies or the server restarts;
//   - after 10 s when the line between both falls silent or the process is
//     stopped: the holder shows a sign of life each 2 s, and the server ends a
//     session that shows none (idle_session_timeout).
//
// TCP keepalive would not do: between a program and its server there may be a proxy, whose kernel
// answers for both, and so does that of a process which is stopped. A holder may work on for a
// moment after the loss, if it is stopped and wakes up; what it must not do then has to be
// prevented by what it writes, as by a checkpoint that moves only from where it stood.
type Lock struct {
	conn *pgx.Conn
	key  int64
	lost context.Context
	// stop ends the signs of life, and ended is closed when they have.
	stop  context.CancelFunc
	ended chan struct{}
}

// Lock takes the lock of a key on a connection of its own, beside the pool. While another process
// holds it Lock waits, as long as ctx allows.
func (db *DB) Lock(ctx context.Context, key int64) (*Lock, error) {
	conn, err := db.connectForLock(ctx)
	if err != nil {
		return nil, fmt.Errorf("take an advisory lock: %w", err)
	}
	for {
		var mine bool
		err := within(ctx, lineTimeout, func(ctx context.Context) error {
			return conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, key).Scan(&mine)
		})
		if err == nil && mine {
			break
		}
		if err == nil {
			err = pauseFor(ctx, lockPoll)
		}
		if err != nil {
			closeQuickly(conn)
			return nil, fmt.Errorf("take an advisory lock: %w", err)
		}
	}
	lost, lose := context.WithCancelCause(context.Background())
	beating, stop := context.WithCancel(context.Background())
	l := &Lock{conn: conn, key: key, lost: lost, stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		for pauseFor(beating, lifeSign) == nil {
			if err := within(beating, lineTimeout, conn.Ping); err != nil && beating.Err() == nil {
				lose(fmt.Errorf("%w: %w", ErrLockLost, err))
				return
			}
		}
	}()
	return l, nil
}

// While is ctx for as long as the lock is held: when it is lost, the context ends and its cause is
// an ErrLockLost.
func (l *Lock) While(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	forget := context.AfterFunc(l.lost, func() { cancel(context.Cause(l.lost)) })
	return ctx, func() {
		forget()
		cancel(nil)
	}
}

// Unlock gives the lock back. It waits for the server at most 4 s; then the server finds out by
// itself.
func (l *Lock) Unlock() {
	l.stop()
	<-l.ended
	// By a statement, and not only by the end of the session, which the server may notice a moment
	// later: who asks next is not to wait.
	_ = within(context.Background(), lineTimeout, func(ctx context.Context) error {
		_, err := l.conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, l.key)
		return err
	})
	closeQuickly(l.conn)
}

func (db *DB) connectForLock(ctx context.Context) (conn *pgx.Conn, err error) {
	config := db.pool.Config().ConnConfig
	config.RuntimeParams["idle_session_timeout"] = milliseconds(lockSilence)
	config.Tracer = nil // its polls belong to no trace
	err = within(ctx, lineTimeout, func(ctx context.Context) error {
		conn, err = pgx.ConnectConfig(ctx, config)
		return err
	})
	return conn, err
}

// within bounds a call that has no long work to do.
func within(ctx context.Context, most time.Duration, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	return call(ctx)
}

func closeQuickly(conn *pgx.Conn) {
	_ = within(context.Background(), lineTimeout, conn.Close)
}

// pauseFor waits, and returns why when ctx ends before.
func pauseFor(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
