package postgres

import "github.com/ordersaga/ordersaga/platform/postgres/outage"

// Unavailable reports whether an error means that the database does not work at the moment (see
// outage.Is) and the call may be repeated later.
func Unavailable(err error) bool { return outage.Is(err) }
