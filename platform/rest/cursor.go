package rest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Cursor is the position where a page of a list ended, opaque to clients. It is authenticated, so
// only positions that this service has given are accepted. It is not secret and grants no access:
// the operation still decides what its caller may see.
type Cursor string

const (
	// maxCursor in bytes.
	maxCursor = 2000
	// tagLength in bytes of the authentication, a half of HMAC-SHA256 (RFC 2104 5).
	tagLength = sha256.Size / 2
)

// Schema describes a cursor as a parameter. Unlike other parameters it may be empty, which is the
// begin of the list.
func (Cursor) Schema(huma.Registry) *huma.Schema {
	least, most := 0, maxCursor
	return &huma.Schema{Type: huma.TypeString, MinLength: &least, MaxLength: &most}
}

// cursorKey authenticates the cursors of one service. Services that share a secret still have
// different keys.
type cursorKey []byte

func newCursorKey(secret, service string) cursorKey {
	return cursorKey(authenticate([]byte(secret), "cursors of "+service, nil))
}

type cursorKeyKey struct{}

// keyOf returns the cursor key of the request's API.
func keyOf(ctx context.Context) cursorKey {
	key, ok := ctx.Value(cursorKeyKey{}).(cursorKey)
	if !ok {
		panic("rest: a cursor is made or read outside of an operation")
	}
	return key
}

// NewCursor makes the cursor of a position: any value that encodes to JSON, usually a struct of the
// sort keys. The list is its name and, when filters change the order, the filters; a cursor is
// valid for its own list only. The context is that of the operation.
func NewCursor[T any](ctx context.Context, list string, position T) Cursor {
	encoded, err := json.Marshal(position)
	if err != nil {
		panic("rest: the position of a cursor does not encode: " + err.Error())
	}
	return Cursor(base64.RawURLEncoding.EncodeToString(append(tag(keyOf(ctx), list, encoded), encoded...)))
}

// ReadCursor returns the position of a cursor; that of an empty one is zero, the begin of the list.
// A cursor that this service has not made, or not for this list, is a 400 problem.
func ReadCursor[T any](ctx context.Context, list string, cursor Cursor) (T, error) {
	var position T
	if cursor == "" {
		return position, nil
	}
	invalid := NewProblem(http.StatusBadRequest, "invalid-cursor", "The cursor is not one of this list. Begin without one.")
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(string(cursor))
	if err != nil || len(decoded) < tagLength {
		return position, invalid
	}
	encoded := decoded[tagLength:]
	if !hmac.Equal(decoded[:tagLength], tag(keyOf(ctx), list, encoded)) {
		return position, invalid
	}
	// The cursor is authentic, but an earlier version's position may have other fields.
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&position); err != nil {
		return position, invalid
	}
	return position, nil
}

// Page reads at most limit items of a list after a cursor, and returns the cursor of the next page,
// empty on the last one. Read returns the items after a position in the order of the list; at
// returns the position of an item.
func Page[T, P any](ctx context.Context, list string, cursor Cursor, limit int,
	read func(after P, limit int) ([]T, error), at func(T) P,
) (items []T, next Cursor, err error) {
	after, err := ReadCursor[P](ctx, list, cursor)
	if err != nil {
		return nil, "", err
	}
	// One item more than the page shows whether there is a next page.
	items, err = read(after, limit+1)
	if err != nil || len(items) <= limit {
		return items, "", err
	}
	items = items[:limit]
	return items, NewCursor(ctx, list, at(items[limit-1])), nil
}

func tag(key cursorKey, list string, encoded []byte) []byte {
	return authenticate(key, list, encoded)[:tagLength]
}

func authenticate(key []byte, what string, content []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(what + "\x00"))
	mac.Write(content)
	return mac.Sum(nil)
}
