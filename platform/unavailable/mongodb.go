package unavailable

import (
	"errors"
	"regexp"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ordersaga/ordersaga/platform/postgres/outage"
)

// notNow are codes of a MongoDB server's temporary errors: the same command may succeed later
// (server/src/mongo/base/error_codes.yml).
//
//	6, 7, 89, 9001                 a host or a socket that does not answer
//	11600, 11602, 91               shutdown, or a change of the primary
//	189, 10107, 13435, 13436       not the primary, or not any more
//	50, 262                        out of time
//	64, 100                        too few members for the write concern
//	202                            a resource is used up
//	14031                          no room on the disk
var notNow = []int{6, 7, 89, 9001, 11600, 11602, 91, 189, 10107, 13435, 13436, 50, 262, 64, 100, 202, 14031}

// temporary are the driver's labels of errors after which it would try again itself.
var temporary = []string{"NetworkError", "RetryableWriteError", "TransientTransactionError"}

// internalError is the code with which FerretDB 1 returns errors of its PostgreSQL, with the
// SQLSTATE in the text.
const internalError = 1

var sqlState = regexp.MustCompile(`\(SQLSTATE ([0-9A-Z]{5})\)`)

// ofMongoDB uses the methods of the driver's errors and not their types, which would link the
// driver into every program.
func ofMongoDB(err error) bool {
	var said interface {
		HasErrorLabel(label string) bool
		HasErrorCode(code int) bool
	}
	if !errors.As(err, &said) {
		return false
	}
	if slices.ContainsFunc(temporary, said.HasErrorLabel) || slices.ContainsFunc(notNow, said.HasErrorCode) {
		return true
	}
	state := sqlState.FindStringSubmatch(err.Error())
	return state != nil && said.HasErrorCode(internalError) && outage.Is(&pgconn.PgError{Code: state[1]})
}
