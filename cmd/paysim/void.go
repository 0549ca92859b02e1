package main

import (
	"fmt"
	"net/http"

	"go.etcd.io/bbolt"
)

// Void gives a hold back, once per key. Voiding what is voided answers as the first time; an authorization that was
// declined or captured is answered 409. ErrNotFound leaves the key unused.
func (b *Books) Void(key, id string) (*Answer, error) {
	asked, err := fingerprint("void", id)
	if err != nil {
		return nil, err
	}
	answer, err := b.once(key, asked, func(tx *bbolt.Tx, _ *keyRecord) (*Answer, error) {
		a, err := readAuthorization(tx, id)
		if err != nil {
			return nil, err
		}
		switch a.Status {
		case StatusVoided:
			return newAnswer(http.StatusOK, a.answer())
		case StatusAuthorized:
			now := b.now()
			a.Status, a.VoidedAt = StatusVoided, &now
			if err := writeAuthorization(tx, a); err != nil {
				return nil, err
			}
			return newAnswer(http.StatusOK, a.answer())
		default:
			return newAnswer(http.StatusConflict, newProblem(http.StatusConflict, "not_voidable",
				fmt.Sprintf("authorization %s is %s and cannot be voided", a.ID, a.Status)))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("void: %w", err)
	}
	return answer, nil
}
