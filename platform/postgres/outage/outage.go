// Package outage distinguishes errors of a database that does not work at the moment from errors of
// a statement. It is separate from package postgres so that packages rest and rpc, which answer
// such errors with "try again", need no database library.
package outage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

// states are the SQLSTATEs of temporary failures: the same statement may succeed later.
//
//	08xxx                connection exceptions
//	25006                a read-only transaction: a standby, or a primary that takes no writes
//	25P03, 25P04         the transaction was idle, or open, for too long
//	40001, 40P01, 40003  serialization failure, deadlock, statement completion unknown
//	53xxx                no room: connections, memory, disk
//	55P03                lock not available
//	57014                cancelled, by statement_timeout or by an administrator
//	57P01, 57P02, 57P03  shutdown, crash, starting up or in recovery
//	57P05                the session was idle for too long
//	58000, 58030         system error, I/O error
var states = map[string]bool{
	"25006": true, "25P03": true, "25P04": true,
	"40001": true, "40P01": true, "40003": true,
	"55P03": true,
	"57014": true, "57P01": true, "57P02": true, "57P03": true, "57P05": true,
	"58000": true, "58030": true,
}

// classes are the first two characters of SQLSTATEs that are all temporary failures.
var classes = map[string]bool{"08": true, "53": true}

// LineError is an error of the connection to the server, not of the server. It is a net.Error, as
// TLS expects of its connections.
type LineError struct{ Err error }

func (e *LineError) Error() string { return e.Err.Error() }

// Unwrap returns the network's error.
func (e *LineError) Unwrap() error { return e.Err }

// Timeout reports whether a deadline passed.
func (e *LineError) Timeout() bool {
	var network net.Error
	return errors.As(e.Err, &network) && network.Timeout()
}

// Temporary reports whether the connection can still be used: after a timeout.
func (e *LineError) Temporary() bool { return e.Timeout() }

// Is reports whether an error means that the database does not work at the moment: it cannot be
// reached, is read-only, is full, shuts down, is in recovery, was too slow, or ended this
// transaction for another. The statement may be repeated. A passed deadline is such an error, too.
//
// Other errors concern the statement: a constraint, a value, a missing table.
func Is(err error) bool {
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) {
		return true // no statement was sent
	}
	var answer *pgconn.PgError
	if errors.As(err, &answer) && len(answer.Code) == 5 {
		return states[answer.Code] || classes[answer.Code[:2]]
	}
	var line *LineError
	if errors.As(err, &line) {
		return true
	}
	for _, lost := range []error{context.DeadlineExceeded, pgconn.ErrConnClosed, driver.ErrBadConn, sql.ErrConnDone} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return pgconn.Timeout(err)
}
