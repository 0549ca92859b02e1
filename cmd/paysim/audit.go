package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"

	"go.etcd.io/bbolt"
)

// Audit is the provider's side of the story, to be compared with the merchant's.
type Audit struct {
	Totals     []Total           `json:"totals"`     // by currency, then status
	References []ReferenceTotals `json:"references"` // in order of the reference
}

// Total counts the authorizations of one currency and status. Amount is their sum in minor units.
type Total struct {
	Currency string   `json:"currency"`
	Status   Status   `json:"status"`
	Count    int      `json:"count"`
	Amount   *big.Int `json:"amount"` // no bound: a sum of int64 may exceed int64
}

// ReferenceTotals says how often a reference was charged. AuthorizeEffects above one is a double charge, even when
// all but one were voided afterwards; Open above zero means that money is still held or taken.
type ReferenceTotals struct {
	Reference        string `json:"reference"`
	AuthorizeEffects int    `json:"authorize_effects"` // holds ever made: authorized, voided and captured
	Open             int    `json:"open"`              // of these, not voided
	Declined         int    `json:"declined"`
}

// Audit adds up the books, or the part of one reference when it is not empty, as of one moment.
func (b *Books) Audit(reference string) (Audit, error) {
	sums := newSums()
	err := b.db.View(func(tx *bbolt.Tx) error {
		if reference != "" {
			return eachOfReference(tx, reference, sums.add)
		}
		return eachAuthorization(tx, sums.add)
	})
	if err != nil {
		return Audit{}, fmt.Errorf("audit: %w", err)
	}
	return sums.audit(), nil
}

type totalKey struct {
	currency string
	status   Status
}

type sums struct {
	totals     map[totalKey]*Total
	references map[string]*ReferenceTotals
}

func newSums() *sums {
	return &sums{totals: map[totalKey]*Total{}, references: map[string]*ReferenceTotals{}}
}

func (s *sums) add(a Authorization) {
	key := totalKey{a.Currency, a.Status}
	total, ok := s.totals[key]
	if !ok {
		total = &Total{Currency: a.Currency, Status: a.Status, Amount: new(big.Int)}
		s.totals[key] = total
	}
	total.Count++
	total.Amount.Add(total.Amount, big.NewInt(a.Amount))

	ref, ok := s.references[a.Reference]
	if !ok {
		ref = &ReferenceTotals{Reference: a.Reference}
		s.references[a.Reference] = ref
	}
	switch a.Status {
	case StatusDeclined:
		ref.Declined++
	case StatusVoided:
		ref.AuthorizeEffects++
	default:
		ref.AuthorizeEffects++
		ref.Open++
	}
}

func (s *sums) audit() Audit {
	audit := Audit{Totals: []Total{}, References: []ReferenceTotals{}}
	for _, total := range s.totals {
		audit.Totals = append(audit.Totals, *total)
	}
	for _, ref := range s.references {
		audit.References = append(audit.References, *ref)
	}
	slices.SortFunc(audit.Totals, func(a, b Total) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Status, b.Status))
	})
	slices.SortFunc(audit.References, func(a, b ReferenceTotals) int { return cmp.Compare(a.Reference, b.Reference) })
	return audit
}

func eachAuthorization(tx *bbolt.Tx, visit func(Authorization)) error {
	return tx.Bucket(bucketAuthorizations).ForEach(func(id, stored []byte) error {
		var a Authorization
		if err := json.Unmarshal(stored, &a); err != nil {
			return fmt.Errorf("read authorization %q: %w", id, err)
		}
		visit(a)
		return nil
	})
}

func eachOfReference(tx *bbolt.Tx, reference string, visit func(Authorization)) error {
	prefix := []byte(reference + "\x00") // a reference has no NUL in it, so no other one has this prefix
	cursor := tx.Bucket(bucketByReference).Cursor()
	for key, _ := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, _ = cursor.Next() {
		a, err := readAuthorization(tx, string(key[len(prefix):]))
		if err != nil {
			return fmt.Errorf("reference %q: %w", reference, err)
		}
		visit(a)
	}
	return nil
}
