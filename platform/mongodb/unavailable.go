package mongodb

import (
	"context"
	"errors"
	"regexp"

	"github.com/jackc/pgx/v5/pgconn"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"

	"github.com/ordersaga/ordersaga/platform/postgres/outage"
)

// notNow are codes of the server's temporary errors: the same command may succeed later.
//
//	6, 7, 89, 9001                 a host or a socket that does not answer
//	11600, 11602, 91               shutdown, or a change of the primary
//	189, 10107, 13435, 13436       not the primary, or not any more
//	50, 262                        out of time
//
// 64, 100 too few members for the write concern
//
//	202                            a resource is used up
//	14031                          no room on the disk
var notNow = []int{6, 7, 89, 9001, 11600, 11602, 91, 189, 10107, 13435, 13436, 50, 262, 64, 100, 202, 14031}

// internalError is the code with which FerretDB 1 returns errors of its PostgreSQL, with the
// SQLSTATE in the text.
const internalError = 1

var sqlState = regexp.MustCompile(`\(SQLSTATE ([0-9A-Z]{5})\)`)

// Unavailable reports whether an error means that the store does not work at the moment: it cannot
// be reached, takes no writes, is full, shuts down, changes its primary or was too slow. The call
// may be repeated later. It corresponds to postgres.Unavailable.
func Unavailable(err error) bool {
	if err == nil {
		return false
	}
	var selection topology.ServerSelectionError
	if mongo.IsTimeout(err) || mongo.IsNetworkError(err) || errors.As(err, &selection) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	var answer mongo.ServerError
	if !errors.As(err, &answer) {
		return false
	}
	if answer.HasErrorLabel("RetryableWriteError") || answer.HasErrorLabel("TransientTransactionError") {
		return true
	}
	for _, code := range notNow {
		if answer.HasErrorCode(code) {
			return true
		}
	}
	if answer.HasErrorCode(internalError) {
		if said := sqlState.FindStringSubmatch(err.Error()); said != nil {
			return outage.Is(&pgconn.PgError{Code: said[1]})
		}
	}
	return false
}
