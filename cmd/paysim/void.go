package main

import (
	"fmt"
	"net/http"

	"go.etcd.io/bbolt"
)

// Void gives back what is still held, once per key. Voiding what was voided answers as the first
// time; an authorization of which nothing is held and nothing was voided is answered 409.
// ErrNotFound leaves the key unused.
func (b *Books) Void(key, id string) (*Answer, error) {
	return b.once(key, "void", id, func(tx *bbolt.Tx, _ *keyRecord) (*Answer, error) {
		a, err := readAuthorization(tx, id)
		if err != nil {
			return nil, err
		}
		switch a.Status {
		case StatusVoided:
			return newAnswer(http.StatusOK, a.answer())
		case StatusAuthorized:
			a.void(b.now())
			if err := writeAuthorization(tx, &a); err != nil {
				return nil, err
			}
			return newAnswer(http.StatusOK, a.answer())
		default:
			return newAnswer(http.StatusConflict, newProblem(http.StatusConflict, "not_voidable",
				fmt.Sprintf("authorization %s is %s and cannot be voided", a.ID, a.Status)))
		}
	})
}
