package main

import (
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
	Balances   []Balance         `json:"balances"`   // by currency
	References []ReferenceTotals `json:"references"` // in order of the reference
}

// Total counts the authorizations of one currency and status. Amount is their sum in minor units.
type Total struct {
	Currency string   `json:"currency"`
	Status   Status   `json:"status"`
	Count    int      `json:"count"`
	Amount   *big.Int `json:"amount"` // no bound: a sum of int64 may exceed int64
}

// ReferenceTotals says how often a reference was charged. AuthorizeEffects above one is a double
// charge, even when all but one were voided afterwards; Open above zero means that money is still
// held or taken.
type ReferenceTotals struct {
	Reference        string `json:"reference"`
	AuthorizeEffects int    `json:"authorize_effects"` // holds ever made, whatever became of them
	Open             int    `json:"open"`              // of these, those of which something is held or was taken
	Declined         int    `json:"declined"`
}

// Audit adds up the books, or the part of one reference when it is not empty, as of one moment.
func (b *Books) Audit(reference string) (Audit, error) {
	sums := newSums()
	err := b.view(func(tx *bbolt.Tx) error {
		*sums = *newSums()
		if reference != "" {
			if err := eachOfReference(tx, reference, sums.add); err != nil {
				return err
			}
			return eachID(tx, bucketMoved, reference, func(id string) error { return sums.move(tx, id) })
		}
		if err := eachAuthorization(tx, sums.add); err != nil {
			return err
		}
		return sums.moveAll(tx)
	})
	if err != nil {
		return Audit{}, fmt.Errorf("audit: %w", err)
	}
	return sums.audit(), nil
}

// Balance is what the provider owes the merchant in one currency, and why: captured less refunded
// less disputed less fees. Amounts are in minor units, without bound.
type Balance struct {
	Currency string   `json:"currency"`
	Captured *big.Int `json:"captured"` // succeeded
	Refunded *big.Int `json:"refunded"` // succeeded
	Disputed *big.Int `json:"disputed"` // open or lost
	Fees     *big.Int `json:"fees"`     // of all disputes
	Balance  *big.Int `json:"balance"`
}

type totalKey struct {
	currency string
	status   Status
}

type sums struct {
	balances   map[string]*Balance
	totals     map[totalKey]*Total
	references map[string]*ReferenceTotals
}

func newSums() *sums {
	return &sums{balances: map[string]*Balance{}, totals: map[totalKey]*Total{}, references: map[string]*ReferenceTotals{}}
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
	default:
		ref.AuthorizeEffects++
		if a.Open+a.Captured > 0 {
			ref.Open++
		}
	}
}

// move adds a capture, refund or dispute to its currency's balance.
func (s *sums) move(tx *bbolt.Tx, id string) error {
	found := noEntries()
	if err := found.add(tx, id); err != nil {
		return err
	}
	for _, c := range found.Captures {
		if c.Status == StatusSucceeded {
			s.balance(c.Currency, c.Amount, 0, 0, 0)
		}
	}
	for _, r := range found.Refunds {
		if r.Status == StatusSucceeded {
			s.balance(r.Currency, 0, r.Amount, 0, 0)
		}
	}
	for _, d := range found.Disputes {
		if d.Status == StatusWon {
			s.balance(d.Currency, 0, 0, 0, d.Fee)
		} else {
			s.balance(d.Currency, 0, 0, d.Amount, d.Fee)
		}
	}
	return nil
}

func (s *sums) moveAll(tx *bbolt.Tx) error {
	for _, bucket := range [][]byte{bucketCaptures, bucketRefunds, bucketDisputes} {
		err := tx.Bucket(bucket).ForEach(func(id, _ []byte) error { return s.move(tx, string(id)) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *sums) balance(currency string, captured, refunded, disputed, fees int64) {
	b, ok := s.balances[currency]
	if !ok {
		b = &Balance{currency, new(big.Int), new(big.Int), new(big.Int), new(big.Int), new(big.Int)}
		s.balances[currency] = b
	}
	b.Captured.Add(b.Captured, big.NewInt(captured))
	b.Refunded.Add(b.Refunded, big.NewInt(refunded))
	b.Disputed.Add(b.Disputed, big.NewInt(disputed))
	b.Fees.Add(b.Fees, big.NewInt(fees))
	b.Balance.Sub(b.Captured, b.Refunded)
	b.Balance.Sub(b.Balance, b.Disputed)
	b.Balance.Sub(b.Balance, b.Fees)
}

func (s *sums) audit() Audit {
	return Audit{
		Totals: sorted(s.totals, func(a, b Total) int {
			return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Status, b.Status))
		}),
		Balances:   sorted(s.balances, func(a, b Balance) int { return cmp.Compare(a.Currency, b.Currency) }),
		References: sorted(s.references, func(a, b ReferenceTotals) int { return cmp.Compare(a.Reference, b.Reference) }),
	}
}

func sorted[K comparable, V any](found map[K]*V, compare func(a, b V) int) []V {
	list := make([]V, 0, len(found)) // a list also when it is empty
	for _, value := range found {
		list = append(list, *value)
	}
	slices.SortFunc(list, compare)
	return list
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
