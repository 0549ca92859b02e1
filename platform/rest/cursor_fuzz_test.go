package rest

import (
	"errors"
	"net/http"
	"testing"
)

// FuzzReadCursor reads cursors from anything: what is not one of the list is a 400, what is one is
// read as it was written.
func FuzzReadCursor(f *testing.F) {
	type position struct {
		At int64  `json:"at"`
		ID string `json:"id"`
	}
	const list = "orders"
	ctx := CursorsBy("secret", "Orders")
	good := string(NewCursor(ctx, list, position{At: 7, ID: "o-7"}))
	for _, seed := range []string{good, good[1:], good + "A", good + "=", string(NewCursor(ctx, "products", position{})), "", "AAAAAAAA", "AAAAAAAAe30", "%", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := ReadCursor[position](ctx, list, Cursor(text))
		if err != nil {
			var problem *Problem
			if !errors.As(err, &problem) || problem.Status != http.StatusBadRequest {
				t.Fatalf("%q: %v is not a 400", text, err)
			}
			return
		}
		again, err := ReadCursor[position](ctx, list, NewCursor(ctx, list, read))
		if err != nil || again != read {
			t.Fatalf("%q: %+v became %+v, %v", text, read, again, err)
		}
	})
}
