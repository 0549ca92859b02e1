package rest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Cursor is where a page of a list ended, opaque to clients: they send it back
// as they got it. It is no secret and grants nothing; the operation still
// decides what its caller may see.
type Cursor string

// maxCursor in bytes.
const maxCursor = 2000

// Schema describes a cursor as a parameter. An empty one is allowed, where other
// parameters have a value or are left out: the list begins there.
func (Cursor) Schema(huma.Registry) *huma.Schema {
	least, most := 0, maxCursor
	return &huma.Schema{Type: huma.TypeString, MinLength: &least, MaxLength: &most}
}

// checkLength in bytes; enough to tell a changed cursor, and that of another
// list, from a good one.
const checkLength = 6

// NewCursor makes the cursor of a position: any value that encodes to JSON,
// usually a struct of the sort keys. The list names what is listed and, when
// filters change the order, those too; a cursor is good for its own list only.
func NewCursor[T any](list string, position T) Cursor {
	encoded, err := json.Marshal(position)
	if err != nil {
		panic("rest: the position of a cursor does not encode: " + err.Error())
	}
	return Cursor(base64.RawURLEncoding.EncodeToString(append(check(list, encoded), encoded...)))
}

// ReadCursor is the position of a cursor, and the zero position of an empty one:
// the list begins there. One that was changed, or is of another list, is a 400
// problem.
func ReadCursor[T any](list string, cursor Cursor) (T, error) {
	var position T
	if cursor == "" {
		return position, nil
	}
	invalid := NewProblem(http.StatusBadRequest, "invalid-cursor", "The cursor is not one of this list. Begin without one.")
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(string(cursor))
	if err != nil || len(decoded) < checkLength {
		return position, invalid
	}
	encoded := decoded[checkLength:]
	if !bytes.Equal(decoded[:checkLength], check(list, encoded)) {
		return position, invalid
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&position); err != nil {
		return position, invalid
	}
	return position, nil
}

// Page reads at most limit items of a list behind a cursor, and the cursor of the
// page after it, which is empty on the last one. Read answers the items behind a
// position in the order of the list; at is the position of an item.
func Page[T, P any](list string, cursor Cursor, limit int, read func(after P, limit int) ([]T, error), at func(T) P) (items []T, next Cursor, err error) {
	after, err := ReadCursor[P](list, cursor)
	if err != nil {
		return nil, "", err
	}
	// One more than is shown tells whether there are more.
	items, err = read(after, limit+1)
	if err != nil || len(items) <= limit {
		return items, "", err
	}
	items = items[:limit]
	return items, NewCursor(list, at(items[limit-1])), nil
}

func check(list string, encoded []byte) []byte {
	sum := sha256.Sum256(append([]byte(list+"\x00"), encoded...))
	return sum[:checkLength]
}
