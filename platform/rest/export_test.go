package rest

import "context"

// CursorsBy is the context of an operation of a service whose cursors are authenticated by a
// secret.
func CursorsBy(secret, service string) context.Context {
	return context.WithValue(context.Background(), cursorKeyKey{}, newCursorKey(secret, service))
}
