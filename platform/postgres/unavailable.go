package postgres

import "github.com/ordersaga/ordersaga/platform/postgres/outage"

// Unavailable tells whether an error means "not now": the database cannot be reached, takes no
// writes, is full, shuts down, is in recovery or was too slow. The same may be asked again later,
// and who asked is not at fault. The SQLSTATEs are listed in package outage.
func Unavailable(err error) bool { return outage.Is(err) }
