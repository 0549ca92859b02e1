package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ordersaga/ordersaga/platform/pause"
)

// ErrLockLost is the cause of a context that ended because its lock was lost.
var ErrLockLost = errors.New("the session that held the lock is lost")

const (
	// lockPoll is the pause between two tries to take a lock.
	lockPoll = time.Second
	// lifeSign is the interval of the holder's pings.
	lifeSign = 2 * time.Second
	// lineTimeout bounds a call that an idle server answers at once: after that the connection is
	// taken for broken.
	lineTimeout = 4 * time.Second
	// lockSilence is how long the server waits for a ping. It is longer than lifeSign +
	// lineTimeout, so that a disconnected holder has stopped before the server gives the lock to
	// another.
	lockSilence = 10 * time.Second
)

// Lock is an advisory lock of a database that one process holds at a time. It is lost with the
// session that took it, which ends
//
//   - at once when the process dies or the server restarts;
//   - after 10 s when the connection is silent or the process is stopped (SIGSTOP): the holder pings each 2 s, and the server ends a session without pings (idle_session_timeout).
//
// TCP keepalive is not enough: the kernel of a proxy in between, or of a stopped process, still
// answers it. A holder that was stopped and resumes may work for a moment after the loss; its
// writes have to be guarded, as by a checkpoint that moves by compare-and-set.
type Lock struct {
	conn *pgx.Conn
	key  int64
	lost context.Context
	// stop ends the pings, and ended is closed after the last one.
	stop  context.CancelFunc
	ended chan struct{}
}

// Lock takes the lock of a key on its own connection, outside the pool. While another process holds
// the lock it waits, until ctx ends.
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
			err = pause.For(ctx, lockPoll, nil)
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
		for pause.For(beating, lifeSign, nil) == nil {
			if err := within(beating, lineTimeout, conn.Ping); err != nil && beating.Err() == nil {
				lose(fmt.Errorf("%w: %w", ErrLockLost, err))
				return
			}
		}
	}()
	return l, nil
}

// While derives a context that ends when the lock is lost; its cause is then ErrLockLost.
func (l *Lock) While(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	forget := context.AfterFunc(l.lost, func() { cancel(context.Cause(l.lost)) })
	return ctx, func() {
		forget()
		cancel(nil)
	}
}

// Alone runs work while this process holds the lock of a key. The context until ends with ctx; working
// does not, for what a stop must not interrupt. Both end when the lock is lost, with the cause
// ErrLockLost.
func (db *DB) Alone(ctx context.Context, key int64, work func(until, working context.Context) error) error {
	lock, err := db.Lock(ctx, key)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	until, cancel := lock.While(ctx)
	defer cancel()
	working, cancel := lock.While(context.WithoutCancel(ctx))
	defer cancel()
	return work(until, working)
}

// Unlock releases the lock. It waits for the server at most 4 s; after that the server's timeout
// releases it.
func (l *Lock) Unlock() {
	l.stop()
	<-l.ended
	// By a statement, not only by closing the session, which the server may notice a moment later:
	// the next holder should not wait.
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

// within bounds a short call.
func within(ctx context.Context, most time.Duration, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	return call(ctx)
}

func closeQuickly(conn *pgx.Conn) {
	_ = within(context.Background(), lineTimeout, conn.Close)
}
